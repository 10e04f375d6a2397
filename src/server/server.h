/* server.h - the life of a server: opens the store, starts the workers and the listener, stops them in reverse. */
#ifndef PYR_SERVER_SERVER_H
#define PYR_SERVER_SERVER_H
#include "base/err.h"
#include "server/settings.h"

struct pyr_server;

/* Everything acknowledged earlier is readable and the port answers once it returns. `s` outlives the server. */
PYR_MUST_USE pyr_err pyr_server_start(const struct pyr_settings *s, struct pyr_server **out, struct pyr_diag *diag);
unsigned pyr_server_port(const struct pyr_server *server);
/* Answers everything that was accepted (at most drain-timeout), syncs the log, frees. */
void pyr_server_stop(struct pyr_server *server);

/* The program: starts, waits for SIGTERM or SIGINT, stops. A second signal ends the process at once. To be called while
 * the process has one thread. */
PYR_MUST_USE pyr_err pyr_server_run(const struct pyr_settings *s, struct pyr_diag *diag);
#endif
