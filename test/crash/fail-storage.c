/*
 * Loaded with LD_PRELOAD in front of libc: writing or syncing the server's database fails with EIO, as it does on a
 * dying disk, for as long as the file that FAIL_WRITES or FAIL_SYNCS names exists.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(int fd, const char *variable) {
  const char *file = getenv(variable);
  if (file == NULL || access(file, F_OK) != 0) return 0;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  return strstr(path, "/integrationsync.db") != NULL;
}

/* access and readlink leave an errno behind that nobody asked for. */
static int fails_now(int fd, const char *variable) {
  int before = errno;
  int failing = fails(fd, variable);
  errno = failing ? EIO : before;
  return failing;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t count) {
  return fails_now(fd, "FAIL_WRITES") ? -1 : REAL(write)(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  return fails_now(fd, "FAIL_WRITES") ? -1 : REAL(pwrite)(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
  return fails_now(fd, "FAIL_WRITES") ? -1 : REAL(pwrite64)(fd, bytes, count, offset);
}

int fsync(int fd) {
  return fails_now(fd, "FAIL_SYNCS") ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd) {
  return fails_now(fd, "FAIL_SYNCS") ? -1 : REAL(fdatasync)(fd);
}
