#include "load/process.h"
#include "base/time.h"
#include "load/client.h"
#include "load/fail.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int free_port(void)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(a);
    LOAD_CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
               getsockname(fd, (struct sockaddr *)&a, &len) == 0);
    close(fd);
    return ntohs(a.sin_port);
}

static int try_ready(int port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const bool connected = connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;
    close(fd);
    if (!connected)
        return 0;
    static const char ask[] = "GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    struct load_client c;
    load_client_open(&c, port);
    const int status = load_client_call(&c, (struct pyr_span){(const uint8_t *)ask, sizeof(ask) - 1}, NULL);
    load_client_close(&c);
    return status == 200;
}

static void exec_server(const struct load_process *p, const char *program)
{
    char bind_to[64], log_name[300];
    snprintf(bind_to, sizeof(bind_to), "--api-bind-addr=127.0.0.1:%d", p->port);
    snprintf(log_name, sizeof(log_name), "%s.log", p->store);
    const int log = open(log_name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (log >= 0) {
        dup2(log, 1);
        dup2(log, 2);
    }
    execl(program, program, "server", bind_to, "--storage-path", p->store, (char *)NULL);
    _exit(127);
}

void load_process_start(struct load_process *p, const char *program, const char *folder)
{
    *p = (struct load_process){.port = free_port()};
    snprintf(p->store, sizeof(p->store), "%s/store", folder);
    const int64_t start = pyr_mono_ns();
    p->pid = fork();
    LOAD_CHECK(p->pid >= 0);
    if (p->pid == 0)
        exec_server(p, program);
    while (!try_ready(p->port)) {
        if (waitpid(p->pid, NULL, WNOHANG) == p->pid)
            load_fail("%s ended before it was ready; see %s.log", program, p->store);
        if (pyr_mono_ns() - start > 30 * PYR_NS_PER_S)
            load_fail("%s is not ready after 30 s", program);
        usleep(500);
    }
    p->ready_ms = (double)(pyr_mono_ns() - start) / 1e6;
}

void load_process_stop(struct load_process *p)
{
    kill(p->pid, SIGTERM);
    int status;
    waitpid(p->pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        load_fail("the server ended with status %d", status);
}

int64_t load_process_cpu_ns(const struct load_process *p)
{
    char path[128];
    snprintf(path, sizeof(path), "/proc/%d/task", p->pid);
    DIR *d = opendir(path);
    LOAD_CHECK(d != NULL);
    int64_t total = 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char name[512];
        snprintf(name, sizeof(name), "%s/%s/schedstat", path, e->d_name);
        FILE *f = e->d_name[0] != '.' ? fopen(name, "re") : NULL;
        long long on_cpu;
        if (f != NULL && fscanf(f, "%lld", &on_cpu) == 1)
            total += on_cpu;
        if (f != NULL)
            fclose(f);
    }
    closedir(d);
    return total;
}

uint64_t load_process_peak_bytes(const struct load_process *p)
{
    char path[64], line[256];
    snprintf(path, sizeof(path), "/proc/%d/status", p->pid);
    FILE *f = fopen(path, "re");
    LOAD_CHECK(f != NULL);
    unsigned long long kib = 0;
    while (fgets(line, sizeof(line), f) != NULL)
        if (sscanf(line, "VmHWM: %llu", &kib) == 1)
            break;
    fclose(f);
    return kib * 1024;
}

double load_process_metric(const struct load_process *p, const char *name)
{
    static const char ask[] = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    struct load_client c;
    struct pyr_span body;
    load_client_open(&c, p->port);
    LOAD_CHECK(load_client_call(&c, (struct pyr_span){(const uint8_t *)ask, sizeof(ask) - 1}, &body) == 200);
    char *text = strndup((const char *)body.ptr, body.len);
    double value = 0;
    const size_t len = strlen(name);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        if (strncmp(line, name, len) == 0 && line[len] == ' ')
            value = strtod(line + len, NULL);
    free(text);
    load_client_close(&c);
    return value;
}
