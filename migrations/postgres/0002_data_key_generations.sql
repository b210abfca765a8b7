ALTER TABLE "data_keys" ADD COLUMN "generation" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "data_keys" DROP CONSTRAINT "data_keys_pkey";--> statement-breakpoint
ALTER TABLE "data_keys" ADD CONSTRAINT "data_keys_tenant_id_generation_pk" PRIMARY KEY("tenant_id","generation");