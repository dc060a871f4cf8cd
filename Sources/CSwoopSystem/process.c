// Child processes; see include/swoop_process.h.
#define _GNU_SOURCE
#include "swoop_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "swoop_limits.h"

// What the child runs between vfork and execve. It shares the parent's memory: system calls only,
// and nothing of the parent's is written but `*failure`.
static void become(
    const swoop_spawn_request *request, pid_t parent, const int *staged, int *failure) {
    sigset_t none;
    if (request->death_signal != 0) {
        prctl(PR_SET_PDEATHSIG, request->death_signal);
        if (getppid() != parent) _exit(127);  // it died before the signal was armed
    }
    setpgid(0, 0);
    for (size_t i = 0; i < request->count; i++) {
        if (dup2(staged[i], request->targets[i]) < 0) goto failed;
    }
    // Whatever the program opened without close-on-exec stays with the program.
    syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
    for (size_t i = 0; i < request->count; i++) fcntl(request->targets[i], F_SETFD, 0);
    if (request->directory && chdir(request->directory) != 0) goto failed;
    for (int number = 1; number < NSIG; number++) {
        struct sigaction plain;
        plain.sa_handler = SIG_DFL;
        plain.sa_flags = 0;
        sigemptyset(&plain.sa_mask);
        sigaction(number, &plain, NULL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    swoop_restore_limits();
    execve(request->path, request->arguments, request->environment);
failed:
    *failure = errno;
    _exit(127);
}

// vfork, kept apart so that no variable of a caller lives across it.
static pid_t __attribute__((noinline)) fork_and_exec(
    const swoop_spawn_request *request, pid_t parent, const int *staged, int *failure) {
    pid_t child = vfork();
    if (child == 0) become(request, parent, staged, failure);
    return child;
}

static int spawn_here(const swoop_spawn_request *request) {
    enum { descriptors_max = 64 };
    int staged[descriptors_max], first_free = 3, result = 0;
    volatile int failure = 0;
    size_t count = 0;
    if (request->count > descriptors_max) return -EINVAL;
    for (size_t i = 0; i < request->count; i++) {
        if (request->targets[i] >= first_free) first_free = request->targets[i] + 1;
    }
    // Sources move above every target first: a source may be the number of another's target.
    for (; count < request->count; count++) {
        staged[count] = fcntl(request->sources[count], F_DUPFD_CLOEXEC, first_free);
        if (staged[count] < 0) {
            result = -errno;
            break;
        }
    }
    if (result == 0) {
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        pid_t child = fork_and_exec(request, getpid(), staged, (int *)&failure);
        result = child < 0 ? -errno : child;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (child > 0 && failure != 0) {
            waitpid(child, NULL, 0);
            result = -failure;
        }
    }
    for (size_t i = 0; i < count; i++) close(staged[i]);
    return result;
}

// The thread that never ends.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static const swoop_spawn_request *waiting;
static int answer, answered;
static pid_t launcher_of;

static void *launch_for_ever(void *unused) {
    (void)unused;
    swoop_name_thread("swoop-launcher");
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    pthread_mutex_lock(&lock);
    for (;;) {
        while (!waiting) pthread_cond_wait(&changed, &lock);
        const swoop_spawn_request *request = waiting;
        pthread_mutex_unlock(&lock);
        int result = spawn_here(request);
        pthread_mutex_lock(&lock);
        answer = result;
        answered = 1;
        waiting = NULL;
        pthread_cond_broadcast(&changed);
    }
    return NULL;
}

int swoop_spawn(const swoop_spawn_request *request) {
    static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&turn);
    pthread_mutex_lock(&lock);
    if (launcher_of != getpid()) {  // 0 at first; another's after a fork
        pthread_t thread;
        int error = pthread_create(&thread, NULL, launch_for_ever, NULL);
        if (error != 0) {
            pthread_mutex_unlock(&lock);
            pthread_mutex_unlock(&turn);
            return -error;
        }
        pthread_detach(thread);
        launcher_of = getpid();
    }
    answered = 0;
    waiting = request;
    pthread_cond_broadcast(&changed);
    while (!answered) pthread_cond_wait(&changed, &lock);
    int result = answer;
    pthread_mutex_unlock(&lock);
    pthread_mutex_unlock(&turn);
    return result;
}

int swoop_pidfd_open(int pid) {
    long descriptor = syscall(SYS_pidfd_open, pid, 0);
    return descriptor < 0 ? -errno : (int)descriptor;
}

int swoop_pidfd_signal(int descriptor, int signal) {
    return syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0) < 0 ? -errno : 0;
}

int swoop_reap(int pid, int blocking, int *code, int *signalled) {
    siginfo_t info = {0};
    int options = WEXITED | (blocking ? 0 : WNOHANG);
    while (waitid(P_PID, (id_t)pid, &info, options) != 0) {
        if (errno != EINTR) return -errno;
    }
    if (info.si_pid == 0) return 0;
    *signalled = info.si_code != CLD_EXITED;
    *code = info.si_status;
    return 1;
}

int swoop_stop_of(int pid, int *signal) {
    siginfo_t info = {0};
    while (waitid(P_PID, (id_t)pid, &info, WSTOPPED | WCONTINUED | WNOHANG) != 0) {
        if (errno != EINTR) return -errno;
    }
    if (info.si_pid == 0) return 0;
    *signal = info.si_status;
    return info.si_code == CLD_CONTINUED ? 2 : 1;
}

int swoop_die_with_parent(int signal, int parent) {
    if (prctl(PR_SET_PDEATHSIG, signal) != 0) return -errno;
    return parent != 0 && getppid() != parent ? -ESRCH : 0;
}

int swoop_adopt_orphans(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 ? 0 : -errno;
}

// The parent of `pid` as /proc has it; 0 when there is no such process.
static pid_t parent_of(const char *pid) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    if (count <= 0) return 0;
    text[count] = 0;
    // The name, in brackets, may have anything in it.
    const char *name_end = strrchr(text, ')');
    int parent = 0;
    return name_end && sscanf(name_end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

// Kills every child of this process; answers with their number.
static int kill_children(void) {
    DIR *folder = opendir("/proc");
    int killed = 0;
    if (!folder) return 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
        if (parent_of(entry->d_name) != getpid()) continue;
        kill(atoi(entry->d_name), SIGKILL);
        killed++;
    }
    closedir(folder);
    return killed;
}

static void __attribute__((noreturn)) keep(pid_t child) {
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC), status = 0, end = 0;
    for (int stream = 0; nowhere >= 0 && stream <= 2; stream++) dup2(nowhere, stream);
    syscall(SYS_close_range, 3, ~0U, 0);
    setsid();  // it fails where the process leads a group: then its session's end is no signal
    prctl(PR_SET_NAME, "swoop-keeper");
    for (pid_t ended; (ended = waitpid(-1, &end, 0)) != child || ended < 0;) {
        if (ended < 0 && errno != EINTR) _exit(71);
    }
    status = end;
    // What is killed leaves its own children to this process.
    while (kill_children() > 0) {
        while (waitpid(-1, &end, 0) < 0 && errno == EINTR) {}
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int swoop_split_keeper(void) {
    if (swoop_adopt_orphans() != 0) return -ENOSYS;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0) return -errno;
    if (child > 0) keep(child);
    return swoop_die_with_parent(SIGKILL, parent) == -ESRCH ? (_exit(71), 0) : 0;
}

int swoop_ended_child(void) {
    siginfo_t info = {0};
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
        if (errno != EINTR) return 0;
    }
    return info.si_pid;
}

void swoop_name_thread(const char *name) { prctl(PR_SET_NAME, name); }

void swoop_yield_thread(int niceness) { (void)setpriority(PRIO_PROCESS, 0, niceness); }

int swoop_kill_group(int group, int signal) { return killpg(group, signal) == 0 ? 0 : -errno; }

int swoop_usable_cores(void) {
    // A set that is too small for the machine is refused, whatever is in it.
    for (int cores = 1024; cores <= 1 << 20; cores *= 2) {
        cpu_set_t *set = CPU_ALLOC(cores);
        size_t size = CPU_ALLOC_SIZE(cores);
        if (!set) return 1;
        int result = sched_getaffinity(0, size, set);
        int count = result == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (result == 0) return count > 0 ? count : 1;
        if (errno != EINVAL) return 1;
    }
    return 1;
}

char **swoop_environment(void) { return environ; }

int swoop_pipe(int *ends) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : -errno; }

int swoop_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return -errno;
    return fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 ? 0 : -errno;
}

int swoop_close_memory(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : -errno; }

int swoop_is_memory_closed(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0; }
