/* SPDX-License-Identifier: MIT */
/* Ownership by scope: cleanup attributes, and the moves that go with them. */
#pragma once

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f)   __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _unused_       __attribute__((unused))

#define ELEMENTSOF(array) (sizeof(array) / sizeof((array)[0]))

/* Each argument is evaluated once: a second look at a clock may give another answer. */
#define MIN_OF(a, b)                                                                               \
    ({                                                                                             \
        typeof(a) _min_a = (a);                                                                    \
        typeof(b) _min_b = (b);                                                                    \
        _min_a < _min_b ? _min_a : _min_b;                                                         \
    })
#define MAX_OF(a, b)                                                                               \
    ({                                                                                             \
        typeof(a) _max_a = (a);                                                                    \
        typeof(b) _max_b = (b);                                                                    \
        _max_a > _max_b ? _max_a : _max_b;                                                         \
    })

/* Hands the value on and leaves NULL behind, so that the cleanup of the old owner does nothing. */
#define TAKE_PTR(p)                                                                                \
    ({                                                                                             \
        typeof(p) _taken = (p);                                                                    \
        (p) = NULL;                                                                                \
        _taken;                                                                                    \
    })

/* The same for a file descriptor; -EBADF is "none". */
#define TAKE_FD(fd)                                                                                \
    ({                                                                                             \
        int _taken = (fd);                                                                         \
        (fd) = -EBADF;                                                                             \
        _taken;                                                                                    \
    })

static inline void freep(void *p)
{
    free(*(void **)p);
}

/* Closes a descriptor if there is one; keeps errno. Returns -EBADF, so `fd = close_fd(fd)`. */
static inline int close_fd(int fd)
{
    if (fd >= 0) {
        int saved = errno;
        close(fd);
        errno = saved;
    }
    return -EBADF;
}

static inline void close_fdp(int *fd)
{
    *fd = close_fd(*fd);
}

#define _cleanup_free_  _cleanup_(freep)
#define _cleanup_close_ _cleanup_(close_fdp)
