CREATE TABLE "write_marks" (
	"writer" text COLLATE "C" PRIMARY KEY NOT NULL,
	"mark" text NOT NULL,
	"marked_at" bigint NOT NULL
);
