/* Preloaded into the daemon by crash_matrix.py: raises SIGKILL right before or right after its n-th durable step.
 * A step is one synchronised append to the database's write-ahead log. What was written survives SIGKILL even when it was
 * not synchronised, so "before step n" is before the first byte that follows step n - 1.
 * BERTH_KILL_STEP=n, BERTH_KILL_WHEN=before|after, BERTH_STEP_FILE: a file that grows by one byte with each step. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long steps;

static int is_log(int fd)
{
    char link[64], target[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(link, target, sizeof target - 1);
    if (length <= 0)
        return 0;
    target[length] = 0;
    return strstr(target, "/berth.db-wal") != NULL;
}

static void kill_if(const char* when, long step)
{
    const char* wanted = getenv("BERTH_KILL_WHEN");
    const char* number = getenv("BERTH_KILL_STEP");
    if (wanted && number && strcmp(wanted, when) == 0 && atol(number) == step)
        kill(getpid(), SIGKILL);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset)
{
    static ssize_t (*real)(int, const void*, size_t, off64_t);
    if (!real)
        real = (ssize_t(*)(int, const void*, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    if (is_log(fd))
        kill_if("before", steps + 1);
    return real(fd, data, size, offset);
}

int fdatasync(int fd)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    const int result = real(fd);
    if (result == 0 && is_log(fd)) {
        ++steps;
        const char* path = getenv("BERTH_STEP_FILE");
        const int file = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
        if (file >= 0) {
            if (write(file, ".", 1) != 1)
                abort();
            close(file);
        }
        kill_if("after", steps);
    }
    return result;
}
