// What a person is told of how far a plan is: when, and in which words. Who writes it, and where
// to, is SessionConsole.

package import SwoopModel

/// Decides what is said of progress.
package struct ProgressLine {
    /// What is to be written.
    package enum Said: Equatable {
        /// Nothing.
        case nothing
        /// A line that takes the place of the last one.
        case updated(String)
        /// A line of its own.
        case line(String)
        /// The last line is to go.
        case cleared
    }

    /// Whether a terminal shows it, where a line can be written over.
    let isTerminal: Bool
    /// When the work began that is going on.
    private var began: Int64?
    /// What was done before it.
    private var before = ProgressCount()
    private var saidAt: Int64?

    /// Nothing is said of work that takes less: half a second.
    private static let patience: Int64 = 500_000_000
    /// Between two lines of a file: five seconds.
    private static let linePeriod: Int64 = 5_000_000_000

    package init(isTerminal: Bool) { self.isTerminal = isTerminal }

    /// Takes note of counts.
    package mutating func take(_ count: ProgressCount, at now: Int64) -> Said {
        guard !count.isOver else { return end(count, at: now) }
        guard let began else {
            began = now
            return .nothing
        }
        let elapsed = now - began
        guard elapsed >= Self.patience else { return .nothing }
        if !isTerminal, now - (saidAt ?? began) < Self.linePeriod { return .nothing }
        saidAt = now
        let text = words(count, after: elapsed)
        return isTerminal ? .updated(text) : .line(text)
    }

    private mutating func end(_ count: ProgressCount, at now: Int64) -> Said {
        defer {
            before = count
            began = nil
            saidAt = nil
        }
        guard let began, saidAt != nil else { return .nothing }
        if isTerminal { return .cleared }
        return .line("\(tasks(count)) in \(Self.time(now - began))\(bytes(count))")
    }

    private func tasks(_ count: ProgressCount) -> String {
        let done = count.done - min(count.done, before.done)
        let failed = count.failed - min(count.failed, before.failed)
        let cancelled = count.cancelled - min(count.cancelled, before.cancelled)
        let ended = before.done.addingClamped(before.failed).addingClamped(before.cancelled)
        let total = count.total - min(count.total, ended)
        let failures = failed > 0 ? ", \(failed) failed" : ""
        let stopped = cancelled > 0 ? ", \(cancelled) cancelled" : ""
        return "\(done) of \(total) tasks done\(failures)\(stopped)"
    }

    private func bytes(_ count: ProgressCount) -> String {
        let read = count.bytesIn &- min(count.bytesIn, before.bytesIn)
        let made = count.bytesOut &- min(count.bytesOut, before.bytesOut)
        var parts: [String] = []
        if read > 1 << 20 { parts.append("\(Self.size(read)) read") }
        if made > 1 << 20 { parts.append("\(Self.size(made)) written") }
        return parts.map { ", \($0)" }.joined()
    }

    private func words(_ count: ProgressCount, after elapsed: Int64) -> String {
        let left =
            count.nanosecondsLeft > 0 ? ", about \(Self.time(count.nanosecondsLeft)) left" : ""
        return "\(tasks(count)), \(count.running) running\(bytes(count)), "
            + "\(Self.time(elapsed))\(left)"
    }

    /// Seconds, or minutes and seconds.
    package static func time(_ nanoseconds: Int64) -> String {
        let tenths = max(0, nanoseconds).addingClamped(50_000_000) / 100_000_000
        if tenths < 100 { return "\(tenths / 10).\(tenths % 10) s" }
        let seconds = (tenths + 5) / 10
        if seconds < 120 { return "\(seconds) s" }
        return seconds < 7_200
            ? "\(seconds / 60) min \(seconds % 60) s"
            : "\(seconds / 3_600) h \(seconds / 60 % 60) min"
    }

    /// A size with three digits or so.
    package static func size(_ bytes: UInt64) -> String {
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1_000, unit < units.count - 1 {
            value /= 1_024
            unit += 1
        }
        if value >= 100 || unit == 0 { return "\(Int(value.rounded())) \(units[unit])" }
        return "\((value * 10).rounded() / 10) \(units[unit])"
    }
}
