// What a hostile tenant tries, one attempt a subcommand. Built static, so that it runs in any image.
// Exit code 0: contained. 1: it got through. 77: could not be tried, and the output says why.
// Should an attempt get through, it does no harm: it sets the clock to the present time, and opens without writing.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_ether.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum { CONTAINED = 0, ESCAPED = 1, NOT_TRIED = 77 };

static int through = 0; // attempts that succeeded

/// One attempt: any result but a failure is a hole.
static void must_fail(const char* what, long result)
{
    if (result < 0) {
        printf("%s: %s\n", what, strerror(errno));
        return;
    }
    printf("%s: succeeded\n", what);
    ++through;
}

static int verdict(void) { return through == 0 ? CONTAINED : ESCAPED; }

static int raw_socket(void)
{
    must_fail("raw IPv4 socket", socket(AF_INET, SOCK_RAW, 1));
    must_fail("raw IPv6 socket", socket(AF_INET6, SOCK_RAW, 58));
    return verdict();
}

static int packet_socket(void)
{
    must_fail("packet socket", socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)));
    must_fail("cooked packet socket", socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL)));
    return verdict();
}

static int make_device(void)
{
    must_fail("mknod of a disk", mknod("/tmp/disk", S_IFBLK | 0600, makedev(8, 0)));
    must_fail("mknod of a virtual disk", mknod("/tmp/vda", S_IFBLK | 0600, makedev(254, 0)));
    must_fail("mknod of the memory", mknod("/tmp/mem", S_IFCHR | 0600, makedev(1, 1)));
    must_fail("mknod of a loop device", mknod("/tmp/loop", S_IFBLK | 0600, makedev(7, 0)));
    return verdict();
}

static int mount_something(void)
{
    must_fail("mount of a tmpfs", mount("none", "/tmp", "tmpfs", 0, ""));
    must_fail("mount of proc", mount("proc", "/tmp", "proc", 0, ""));
    must_fail("bind mount", mount("/", "/tmp", NULL, MS_BIND, NULL));
    must_fail("remount of /proc/sys for writing", mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL));
    must_fail("unmount of /proc/sys", umount("/proc/sys"));
    must_fail("pivot_root", syscall(SYS_pivot_root, "/tmp", "/tmp"));
    must_fail("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
    must_fail("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */));
    return verdict();
}

static int user_namespace(void)
{
    must_fail("unshare of the user namespace", unshare(CLONE_NEWUSER));
    const long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        _exit(0);
    must_fail("clone into a user namespace", child);
    return verdict();
}

static int other_namespaces(void)
{
    must_fail("unshare of mounts", unshare(CLONE_NEWNS));
    must_fail("unshare of the network", unshare(CLONE_NEWNET));
    must_fail("unshare of processes", unshare(CLONE_NEWPID));
    must_fail("unshare of cgroups", unshare(CLONE_NEWCGROUP));
    const int own = open("/proc/self/ns/mnt", O_RDONLY);
    must_fail("setns", own < 0 ? -1 : setns(own, CLONE_NEWNS));
    return verdict();
}

/// The call must be turned away for want of a right, before its arguments were looked at.
static void must_be_forbidden(const char* what, long result)
{
    const int error = errno;
    must_fail(what, result);
    if (result < 0 && error != EPERM && error != EACCES && error != ENOSYS) {
        printf("%s: its arguments were looked at\n", what);
        ++through;
    }
}

static int load_module(void)
{
    static const char nothing[1] = {0};
    must_be_forbidden("init_module", syscall(SYS_init_module, nothing, 0ul, ""));
    must_be_forbidden("finit_module", syscall(SYS_finit_module, -1, "", 0));
    must_be_forbidden("delete_module", syscall(SYS_delete_module, "no_such_module", O_NONBLOCK));
    return verdict();
}

static int keyring(void)
{
    must_be_forbidden("add_key", syscall(SYS_add_key, "user", "berth", "x", 1ul, -3 /* session */));
    must_be_forbidden("request_key", syscall(SYS_request_key, "user", "berth", NULL, -3));
    must_be_forbidden("keyctl", syscall(SYS_keyctl, 0 /* get id */, -3, 1));
    return verdict();
}

static int bpf(void)
{
    char attributes[128] = {0};
    *(uint32_t*)attributes = 1; // a hash map
    must_be_forbidden("bpf", syscall(SYS_bpf, 0, attributes, sizeof attributes));
    return verdict();
}

static int perf_event(void)
{
    struct {
        uint32_t type, size;
        uint64_t rest[16];
    } attributes = {1, sizeof attributes, {0}};
    must_be_forbidden("perf_event_open", syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
    return verdict();
}

static int reboot_host(void)
{
    must_be_forbidden("reboot", reboot(RB_DISABLE_CAD));
    return verdict();
}

static int kexec(void)
{
    must_be_forbidden("kexec_load", syscall(SYS_kexec_load, 0ul, 0ul, NULL, 0ul));
    must_be_forbidden("kexec_file_load", syscall(SYS_kexec_file_load, -1, -1, 0ul, "", 0ul));
    return verdict();
}

static int set_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    must_be_forbidden("clock_settime", clock_settime(CLOCK_REALTIME, &now));
    struct timex offset = {.modes = ADJ_STATUS};
    must_be_forbidden("adjtimex", adjtimex(&offset));
    return verdict();
}

static int set_hostname(void)
{
    must_be_forbidden("sethostname", sethostname("berth", 5));
    must_be_forbidden("setdomainname", setdomainname("berth", 5));
    return verdict();
}

static int host_memory(void)
{
    char byte;
    static const char* const files[] = {"/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore", "/proc/kmem", "/proc/keys",
                                        "/proc/timer_list", "/proc/sched_debug", "/proc/vmcore"};
    for (size_t i = 0; i < sizeof files / sizeof *files; ++i) {
        const int file = open(files[i], O_RDONLY);
        // A masked file opens and is empty.
        must_fail(files[i], file < 0 || read(file, &byte, 1) < 1 ? -1 : 0);
    }
    return verdict();
}

static int hardware_ports(void)
{
    must_be_forbidden("iopl", iopl(3));
    must_be_forbidden("ioperm", ioperm(0x80, 1, 1));
    return verdict();
}

static int host_administration(void)
{
    must_be_forbidden("swapon", swapon("/tmp/none", 0));
    must_be_forbidden("swapoff", swapoff("/tmp/none"));
    must_be_forbidden("acct", acct(NULL));
    must_be_forbidden("quotactl", syscall(SYS_quotactl, 0x800007 << 8, "/dev/vda", 0, NULL));
    must_be_forbidden("syslog", syscall(SYS_syslog, 10 /* size of the buffer */, NULL, 0));
    must_be_forbidden("nice below zero", setpriority(PRIO_PROCESS, 0, -10));
    return verdict();
}

static int file_handle(void)
{
    // As the "shocker" program of 2014 does: handle 2 is the root of many a file system.
    struct {
        unsigned bytes;
        int type;
        unsigned char inode[8];
    } handle = {8, 1, {2}};
    const int any = open("/etc/hostname", O_RDONLY);
    must_be_forbidden("open_by_handle_at", syscall(SYS_open_by_handle_at, any, &handle, O_RDONLY));
    return verdict();
}

static int user_fault(void)
{
    must_be_forbidden("userfaultfd", syscall(SYS_userfaultfd, O_CLOEXEC));
    return verdict();
}

static int io_uring(void)
{
    char parameters[120] = {0};
    if (syscall(SYS_io_uring_setup, 1, parameters) >= 0) {
        printf("this Engine's default seccomp profile allows it to everybody\n");
        return NOT_TRIED;
    }
    must_be_forbidden("io_uring_setup", -1);
    return verdict();
}

static int find_writable(const char* path, int depth)
{
    DIR* folder = opendir(path);
    if (!folder)
        return 0;
    int tried = 0;
    struct dirent* entry;
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (entry->d_type == DT_DIR && depth > 0)
            tried += find_writable(name, depth - 1);
        if (entry->d_type != DT_REG)
            continue;
        ++tried;
        const int file = open(name, O_WRONLY | O_NONBLOCK);
        if (file >= 0) {
            printf("%s opens for writing\n", name);
            ++through;
            close(file);
        }
    }
    closedir(folder);
    return tried;
}

static int write_below(const char* path, int depth, int tried_min)
{
    const int tried = find_writable(path, depth);
    printf("%d files below %s tried\n", tried, path);
    if (tried < tried_min) {
        printf("too few to say anything\n");
        return NOT_TRIED;
    }
    return verdict();
}

static int write_proc_sys(void) { return write_below("/proc/sys", 6, 100); }
static int write_sys(void) { return write_below("/sys", 4, 100); }

static int sysrq(void)
{
    must_fail("/proc/sysrq-trigger", open("/proc/sysrq-trigger", O_WRONLY));
    must_fail("/proc/irq/default_smp_affinity", open("/proc/irq/default_smp_affinity", O_WRONLY));
    must_fail("/proc/bus/pci", open("/proc/bus/pci/new", O_WRONLY | O_CREAT, 0600));
    return verdict();
}

static int cgroup_escape(void)
{
    static const char* const folders[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/cpu",
                                          "/sys/fs/cgroup/devices", "/sys/fs/cgroup/rdma", "/sys/fs/cgroup/unified"};
    static const char* const files[] = {"release_agent", "notify_on_release", "cgroup.procs", "memory.limit_in_bytes",
                                        "memory.max", "pids.max", "cpu.cfs_quota_us", "cpu.max", "devices.allow"};
    char name[256];
    for (size_t i = 0; i < sizeof folders / sizeof *folders; ++i) {
        snprintf(name, sizeof name, "%s/berth", folders[i]);
        // In the tmpfs that holds the hierarchies of version 1 it is only a folder.
        const int made = mkdir(name, 0700);
        strcat(name, "/cgroup.procs");
        must_fail(name, made == 0 ? access(name, F_OK) : -1);
        for (size_t k = 0; k < sizeof files / sizeof *files; ++k) {
            snprintf(name, sizeof name, "%s/%s", folders[i], files[k]);
            must_fail(name, open(name, O_WRONLY));
        }
    }
    must_fail("mount of cgroups", mount("none", "/tmp", "cgroup", 0, "rdma"));
    must_fail("mount of cgroups, version 2", mount("none", "/tmp", "cgroup2", 0, ""));
    return verdict();
}

/// Out of a chroot in the well-known way; whatever is reached must be the container's own root.
static int chroot_escape(void)
{
    struct stat own, reached;
    if (stat("/", &own) != 0)
        return NOT_TRIED;
    mkdir("/tmp/cage", 0700);
    const int outside = open("/", O_RDONLY | O_DIRECTORY);
    if (chroot("/tmp/cage") != 0) {
        printf("chroot: %s\n", strerror(errno));
        return CONTAINED;
    }
    if (fchdir(outside) != 0)
        return NOT_TRIED;
    for (int i = 0; i < 100; ++i)
        if (chdir("..") != 0)
            return NOT_TRIED;
    if (chroot(".") != 0 || stat("/", &reached) != 0)
        return NOT_TRIED;
    printf("reached device %lu inode %lu\n", (unsigned long)reached.st_dev, (unsigned long)reached.st_ino);
    return reached.st_dev == own.st_dev && reached.st_ino == own.st_ino ? CONTAINED : ESCAPED;
}

/// Run as a user without rights, from a file that belongs to root and has the setuid bit.
static int setuid_root(void)
{
    struct stat self;
    if (stat("/proc/self/exe", &self) != 0 || !(self.st_mode & S_ISUID) || self.st_uid != 0 || getuid() == 0) {
        printf("this has to be a setuid file of root's, run by somebody else\n");
        return NOT_TRIED;
    }
    printf("user %d, effective %d\n", getuid(), geteuid());
    if (geteuid() == 0 || setuid(0) == 0)
        return ESCAPED;
    return CONTAINED;
}

/// Run as a user without rights, from a file that carries capabilities.
static int file_capabilities(void)
{
    char attribute[64];
    char path[256] = {0};
    if (readlink("/proc/self/exe", path, sizeof path - 1) < 0 || getxattr(path, "security.capability", attribute, sizeof attribute) < 0 ||
        getuid() == 0) {
        printf("the Engine did not keep the file's capabilities: %s\n", strerror(errno));
        return NOT_TRIED;
    }
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0)
        return NOT_TRIED;
    printf("effective %x permitted %x\n", data[0].effective, data[0].permitted);
    return data[0].effective || data[0].permitted || data[1].effective || data[1].permitted ? ESCAPED : CONTAINED;
}

static int raise_limits(void)
{
    for (int resource = 0; resource < RLIMIT_NLIMITS; ++resource) {
        struct rlimit limit;
        if (getrlimit(resource, &limit) != 0 || limit.rlim_max == RLIM_INFINITY)
            continue;
        limit.rlim_max += 1;
        char what[32];
        snprintf(what, sizeof what, "raising limit %d", resource);
        must_fail(what, setrlimit(resource, &limit));
    }
    return verdict();
}

/// Opens as many files as it can; prints how many. Contained when something ended it.
static int open_files(void)
{
    const long files_max = 2000000;
    for (long count = 0; count < files_max; ++count) {
        if (open("/dev/null", O_RDONLY) < 0) {
            printf("%ld files, then: %s\n", count, strerror(errno));
            return errno == EMFILE ? CONTAINED : ESCAPED;
        }
    }
    return ESCAPED;
}

static int core_dump(void)
{
    const pid_t child = fork();
    if (child == 0) {
        if (chdir("/tmp") != 0)
            _exit(1);
        abort();
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return NOT_TRIED;
    struct rlimit limit;
    getrlimit(RLIMIT_CORE, &limit);
    printf("limit on cores %lu, dumped %d\n", (unsigned long)limit.rlim_max, WCOREDUMP(status) ? 1 : 0);
    return limit.rlim_max == 0 && !WCOREDUMP(status) ? CONTAINED : ESCAPED;
}

/// Forks until it can't, prints how many lived at once, and waits to be killed when told to.
static int fork_bomb(int stay)
{
    enum { most = 20000 };
    static pid_t children[most];
    long count = 0;
    for (; count < most; ++count) {
        const pid_t child = fork();
        if (child < 0)
            break;
        children[count] = child;
        if (child == 0) {
            if (stay)
                for (;;)
                    if (fork() < 0)
                        usleep(1000);
            pause();
        }
    }
    printf("%ld processes, then: %s\n", count, strerror(errno));
    fflush(stdout);
    if (stay)
        pause();
    for (long i = 0; i < count; ++i)
        kill(children[i], SIGKILL);
    return count < most ? CONTAINED : ESCAPED;
}

/// Takes memory until something says no. The kernel's no is a kill, which the caller sees as 137.
static int take_memory(size_t megabytes_max)
{
    for (size_t i = 0; i < megabytes_max; ++i) {
        char* piece = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (piece == MAP_FAILED) {
            printf("%zu MB, then: %s\n", i, strerror(errno));
            return CONTAINED;
        }
        memset(piece, (int)(i | 1), 1 << 20);
        printf("%zu\n", i + 1);
        fflush(stdout);
    }
    printf("%zu MB taken\n", megabytes_max);
    return ESCAPED;
}

/// Processes that only count, for some seconds; prints the share of one core that they got together, in percent.
static int burn_cpu(int processes, int seconds)
{
    for (int i = 0; i < processes; ++i) {
        if (fork() == 0) {
            struct timespec begin, now;
            clock_gettime(CLOCK_MONOTONIC, &begin);
            do
                clock_gettime(CLOCK_MONOTONIC, &now);
            while (now.tv_sec - begin.tv_sec < seconds);
            _exit(0);
        }
    }
    while (wait(NULL) > 0)
        ;
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    const double total = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    printf("%.0f\n", 100.0 * total / seconds);
    return 0;
}

/// Reserves space in a folder, a file of 16 MB after the other; prints how many megabytes there were.
static int fill(const char* folder, long megabytes_max)
{
    char name[512];
    for (long got = 0; got < megabytes_max; got += 16) {
        snprintf(name, sizeof name, "%s/fill-%ld", folder, got);
        const int file = open(name, O_WRONLY | O_CREAT, 0600);
        const int error = file < 0 ? errno : posix_fallocate(file, 0, 16 << 20);
        if (error != 0) {
            printf("%ld MB, then: %s\n", got, strerror(error));
            return error == ENOSPC || error == EDQUOT ? CONTAINED : NOT_TRIED;
        }
        close(file);
    }
    printf("%ld MB\n", megabytes_max);
    return ESCAPED;
}

/// Makes empty files; prints how many there were.
static int make_files(const char* folder, long files_max)
{
    char name[512];
    for (long count = 0; count < files_max; ++count) {
        snprintf(name, sizeof name, "%s/f%ld", folder, count);
        const int file = open(name, O_WRONLY | O_CREAT, 0600);
        if (file < 0) {
            printf("%ld files, then: %s\n", count, strerror(errno));
            return errno == ENOSPC || errno == EDQUOT ? CONTAINED : NOT_TRIED;
        }
        close(file);
    }
    printf("%ld files\n", files_max);
    return ESCAPED;
}

static int fill_log(long megabytes)
{
    char line[1024];
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    // Process 1 owns what the Engine keeps as the container's log.
    const int log = open("/proc/1/fd/1", O_WRONLY);
    if (log < 0)
        return NOT_TRIED;
    for (long i = 0; megabytes == 0 || i < megabytes * 1024; ++i)
        if (write(log, line, sizeof line) < 0)
            return NOT_TRIED;
    return 0;
}

static const struct {
    const char* name;
    int (*run)(void);
} kAttempts[] = {
    {"raw-socket", raw_socket},
    {"packet-socket", packet_socket},
    {"make-device", make_device},
    {"mount", mount_something},
    {"user-namespace", user_namespace},
    {"other-namespaces", other_namespaces},
    {"load-module", load_module},
    {"keyring", keyring},
    {"bpf", bpf},
    {"perf-event", perf_event},
    {"reboot", reboot_host},
    {"kexec", kexec},
    {"set-clock", set_clock},
    {"set-hostname", set_hostname},
    {"host-memory", host_memory},
    {"hardware-ports", hardware_ports},
    {"host-administration", host_administration},
    {"file-handle", file_handle},
    {"user-fault", user_fault},
    {"io-uring", io_uring},
    {"write-proc-sys", write_proc_sys},
    {"write-sys", write_sys},
    {"sysrq", sysrq},
    {"cgroup-escape", cgroup_escape},
    {"chroot-escape", chroot_escape},
    {"setuid-root", setuid_root},
    {"file-capabilities", file_capabilities},
    {"raise-limits", raise_limits},
    {"open-files", open_files},
    {"core-dump", core_dump},
};

int main(int count, char** words)
{
    const char* name = count > 1 ? words[1] : "";
    const long number = count > 2 ? strtol(words[count - 1], NULL, 10) : 0;
    for (size_t i = 0; i < sizeof kAttempts / sizeof *kAttempts; ++i)
        if (strcmp(name, kAttempts[i].name) == 0)
            return kAttempts[i].run();
    if (strcmp(name, "fork-bomb") == 0)
        return fork_bomb(count > 2);
    if (strcmp(name, "take-memory") == 0)
        return take_memory((size_t)number);
    if (strcmp(name, "burn-cpu") == 0)
        return burn_cpu(8, (int)number);
    if (strcmp(name, "fill") == 0 && count == 4)
        return fill(words[2], number);
    if (strcmp(name, "make-files") == 0 && count == 4)
        return make_files(words[2], number);
    if (strcmp(name, "fill-log") == 0)
        return fill_log(number);
    fprintf(stderr, "no attempt is called '%s'\n", name);
    return NOT_TRIED;
}
