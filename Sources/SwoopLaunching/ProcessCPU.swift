// What the operating system says a process used.

import Glibc

/// Processor time of other processes.
package enum ProcessCPU {
    /// CPU nanoseconds of a process and all of its threads, those that ended included; nil when
    /// there is no such process.
    package static func nanoseconds(of process: Int32) -> Int64? {
        var clock = clockid_t()
        guard unsafe clock_getcpuclockid(process, &clock) == 0 else { return nil }
        var time = timespec()
        guard unsafe clock_gettime(clock, &time) == 0 else { return nil }
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
