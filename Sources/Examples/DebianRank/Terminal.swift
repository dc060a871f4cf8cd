// What a person sees while the program runs: a progress line with the cores in use, at a terminal
// one that changes, else a line a second.

import Glibc
import Swoop

/// Standard error, as a terminal or as a file.
enum Terminal {
    static var isThere: Bool { isatty(2) == 1 }

    /// A whole line.
    static func note(_ text: String) { write(text + "\n") }

    static func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let done = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(2, $0.baseAddress, $0.count)
            }
            if done <= 0 { return }
            bytes = bytes.dropFirst(done)
        }
    }

    /// Brings what was printed to where it belongs before something else is written.
    static func flush() { _ = fflush(nil) }

    static func exit(_ status: Int32) -> Never { Glibc.exit(status) }
}

/// The progress line.
enum Progress {
    /// Shows how far the cluster is until the task is cancelled.
    static func show(_ cluster: Cluster, since start: ContinuousClock.Instant) async throws {
        let isTerminal = Terminal.isThere
        var next = start + .seconds(isTerminal ? 0 : 1)
        defer { if isTerminal { Terminal.write("\r\u{1b}[K") } }
        for try await usage in cluster.usage {
            let now = ContinuousClock.now
            guard now >= next else { continue }
            next = now + .milliseconds(isTerminal ? 100 : 1_000)
            let line = text(of: usage, after: start.duration(to: now))
            Terminal.write(isTerminal ? "\r\u{1b}[K\(line.prefix(79))" : "\(line)\n")
        }
    }

    /// `1.2 s  2 of 2 cores, 31 of 60 tasks done: parse`.
    private static func text(of usage: ClusterUsage, after time: Duration) -> String {
        let functions = Set(usage.nodes.flatMap { $0.slots.compactMap(\.function) }).sorted()
        return "\(fixed(time / .seconds(1), 1)) s  \(usage.busyCores) of \(usage.cores) cores, "
            + "\(usage.progress.done) of \(usage.progress.total) tasks done"
            + (functions.isEmpty ? "" : ": " + functions.joined(separator: ", "))
    }
}

/// CPU time that a cluster's workers have taken.
struct CoreTime {
    var time: Duration

    /// As it is now: of a snapshot that was taken after this was called.
    static func now(of cluster: Cluster) async throws -> CoreTime {
        var snapshots = 0
        var latest = CoreTime(time: .zero)
        for try await usage in cluster.usage {
            latest.time = usage.nodes.reduce(.zero) { $0 + $1.cpuTime }
            snapshots += 1
            // The first may have been on its way already.
            if snapshots == 2 { break }
        }
        return latest
    }
}
