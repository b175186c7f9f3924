/* What callers may do, and which sessions they see: the one place where roles become rights and sight, for every
 * dialect.
 *
 * An operator who is administrator, manager or monitor sees all of the company. An agent sees the sessions that they
 * serve, those of the departments they work in, and what waits in the queue for anybody (doc/dialects/rocketchat.md 1.3
 * and its decisions). Who is no operator sees all: a token's company is its bound. Pure; any thread. */
#pragma once

#include "core/identity.h"
#include "model/session.h"

/* The rights (enum right) of an operator with these roles:
 *   livechat-agent, livechat-monitor   read, notes, desk
 *   livechat-manager                   these and manage
 *   admin                              all
 *   user                               none */
unsigned access_rights(unsigned roles);

/* Nothing of the company is hidden from them. */
bool access_sees_all(const struct caller *caller);

/* May they see this session, which is of their company? O(departments they work in). */
bool access_sees(const struct caller *caller, const struct session *s);

/* Do they serve it? */
bool access_serves(const struct caller *caller, const struct session *s);

/* Is the department (its id) among those that an operator works in, a JSON array of ids? O(their number). */
bool access_works_in(struct str departments, struct str department);
