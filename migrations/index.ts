/**
 * Where the migrations stand: beside this file, or at the root of the binary, where `--asset=migrations` puts them.
 * Imports nothing.
 */
const folder = import.meta.dir.startsWith("/$bunfs") ? `${import.meta.dir}/migrations` : import.meta.dir;

/** What drizzle's migrator reads: `*.sql` and `meta/_journal.json`. */
export const sqliteMigrationsFolder = `${folder}/sqlite`;
export const postgresMigrationsFolder = `${folder}/postgres`;
