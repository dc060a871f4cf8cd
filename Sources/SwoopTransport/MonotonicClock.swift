// The machine's monotonic clock. Process rooms read it once per wake-up and hand the figure down as
// a Timestamp; pure rooms never see it.

import Glibc

/// Time since the machine started, the same for every process on it, unaffected by changes of date.
package enum MonotonicClock {
    /// Nanoseconds.
    package static func nanoseconds() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Nanoseconds of processor time that the calling thread has used.
    package static func threadCPUNanoseconds() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
