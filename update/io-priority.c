/* SPDX-License-Identifier: MIT */
#include "update/io-priority.h"

#include <linux/ioprio.h>
#include <sys/syscall.h>
#include <unistd.h>

void io_priority_set(int io_class)
{
    int level = io_class == IOPRIO_CLASS_IDLE ? 7 : IOPRIO_NORM;

    (void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(io_class, level));
}
