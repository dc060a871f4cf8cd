// How a process begins that was started in a role; see role.c.
#ifndef SWOOP_ROLE_H
#define SWOOP_ROLE_H
#endif
