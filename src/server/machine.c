#include "server/machine.h"
#include "base/span.h"
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

unsigned pyr_machine_cores(void)
{
    cpu_set_t set;
    const int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 0;
    return n > 0 ? (unsigned)n : 1;
}

/* A file of one number; anything else ("max", no such file) is no limit. */
static uint64_t limit_in(const char *folder, const char *name)
{
    char path[PATH_MAX + 64];
    unsigned long long v;
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return UINT64_MAX;
    const int got = fscanf(file, "%llu", &v);
    (void)fclose(file);
    return got == 1 ? v : UINT64_MAX;
}

/* The least limit of a cgroup and those above it. In a container `group` may not exist below `root`, which then is the
 * container's own. */
static uint64_t least_limit(const char *root, const char *group, const char *name)
{
    char path[PATH_MAX];
    uint64_t least = limit_in(root, name);
    const size_t root_len = strlen(root);
    (void)snprintf(path, sizeof(path), "%s%s", root, group);
    for (size_t len = strlen(path); len > root_len; len = strlen(path)) {
        const uint64_t limit = limit_in(path, name);
        least = limit < least ? limit : least;
        char *slash = strrchr(path, '/');
        *slash = '\0';
    }
    return least;
}

/* Lines of /proc/self/cgroup: "0::/group" (v2), "5:memory:/group" (v1). */
static uint64_t cgroup_memory(void)
{
    uint64_t least = UINT64_MAX;
    char line[PATH_MAX + 256];
    FILE *file = fopen("/proc/self/cgroup", "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        const char *v1 = strstr(line, ":memory:");
        uint64_t limit = UINT64_MAX;
        if (v1 != NULL)
            limit = least_limit("/sys/fs/cgroup/memory", v1 + strlen(":memory:"), "memory.limit_in_bytes");
        else if (strncmp(line, "0::", 3) == 0)
            limit = least_limit("/sys/fs/cgroup", line + 3, "memory.max");
        least = limit < least ? limit : least;
    }
    if (file != NULL)
        (void)fclose(file);
    return least;
}

uint64_t pyr_machine_memory(void)
{
    const uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    const uint64_t cgroup = cgroup_memory();
    return cgroup < machine ? cgroup : machine;
}

uint64_t pyr_machine_disk(const char *path)
{
    char at[PATH_MAX];
    struct statvfs fs;
    (void)snprintf(at, sizeof(at), "%s", path);
    while (statvfs(at, &fs) != 0) {
        char *slash = strrchr(at, '/');
        if (slash == NULL)
            return statvfs(".", &fs) == 0 ? (uint64_t)fs.f_blocks * fs.f_frsize : 0;
        slash[slash == at && slash[1] != '\0'] = '\0';
        if (at[0] == '\0')
            return 0;
    }
    return (uint64_t)fs.f_blocks * fs.f_frsize;
}
