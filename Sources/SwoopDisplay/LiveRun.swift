// What stands beneath a cell while the cluster works for it, and what is left there afterwards. The
// time and the news are handed in; who sends it to Jupyter is SwoopCells.

package import SwoopModel

/// The work of one cell.
package struct LiveRun: Sendable {
    /// Texts of one state, for consoles and for notebooks.
    package struct Shown: Hashable, Sendable {
        /// For consoles.
        package let text: String
        /// For notebooks.
        package let html: String
        /// What is left of it where the process that shows it ends; nil: it stays.
        package var lastWords: String?

        /// A line, for notebooks.
        package static func line(_ text: String) -> String {
            "<div style=\"font-family:monospace;font-size:90%;opacity:0.75\">"
                + Markup.text(text) + "</div>"
        }
    }

    /// Nothing is shown of work that takes less.
    static let patience: Int64 = 300_000_000
    /// Between two pictures of the same work.
    static let period: Int64 = 250_000_000
    /// Functions that a summary names.
    private static let namedMax = 4

    private var count = ProgressCount()
    private let before: ProgressCount
    private var usage: ClusterUsage?
    private var usageAt: Int64 = 0
    /// CPU time of each node since the work began, and what its counter showed then. One that is
    /// lost keeps its own, one that begins anew begins at nothing.
    private var cpuByNode: [NodeID: (before: Int64, last: Int64, spent: Int64)] = [:]
    /// The most cores that were there at once.
    private var coresMost = 0
    /// Time of slots by function: of each snapshot until the next one.
    private var slotTime: [String: Int64] = [:]
    /// Wall time of work that has ended, and when that began which is going on.
    private var worked: Int64 = 0
    private var began: Int64?
    private var shownAt: Int64?
    private var last: Shown?

    /// Nothing has begun; `before`: what had been counted of this cluster until then.
    package init(before: ProgressCount) { self.before = before }

    /// Whether nothing is going on.
    package var isOver: Bool { began == nil }

    /// Tasks of this work that ended, however.
    private var ended: UInt64 { count.ended - min(count.ended, before.ended) }

    /// What was counted last.
    package var counted: ProgressCount { count }

    /// Takes note of counts.
    package mutating func take(_ count: ProgressCount, at now: Timestamp) {
        self.count = count
        if count.isOver {
            if let start = began { worked += max(0, now.nanoseconds - start) }
            began = nil
        } else if began == nil {
            began = now.nanoseconds
        }
    }

    /// Takes note of what the cores do.
    package mutating func take(_ usage: ClusterUsage, at now: Timestamp) {
        for node in usage.nodes {
            let counter = node.cpuNanoseconds
            var cpu = cpuByNode[node.node] ?? (counter, counter, 0)
            if counter < cpu.last { cpu = (counter, counter, cpu.spent + cpu.last - cpu.before) }
            cpu.last = counter
            cpuByNode[node.node] = cpu
        }
        coresMost = max(coresMost, Int(usage.cores))
        if self.usage != nil {
            // A gap in the news is no work that was seen.
            let time = min(1_000_000_000, max(0, now.nanoseconds - usageAt))
            for slot in usage.nodes.flatMap(\.slots) where slot.task != nil {
                slotTime[slot.function ?? "?", default: 0] += time
            }
        }
        self.usage = usage
        usageAt = now.nanoseconds
    }

    /// What is to be shown now; nil: nothing new, or nothing worth it.
    package mutating func next(at now: Timestamp) -> Shown? {
        let elapsed = worked + (began.map { max(0, now.nanoseconds - $0) } ?? 0)
        guard elapsed >= LiveRun.patience else { return nil }
        if !isOver, let shownAt, now.nanoseconds - shownAt < LiveRun.period { return nil }
        let shown = isOver ? summary(after: elapsed) : picture(after: elapsed)
        guard shown != last else { return nil }
        shownAt = now.nanoseconds
        last = shown
        return shown
    }

    private var cpu: Int64 {
        cpuByNode.values.reduce(0) { $0 &+ $1.spent &+ ($1.last &- $1.before) }
    }

    // MARK: While it runs

    private func picture(after elapsed: Int64) -> Shown {
        let done = ended
        let total = max(1, count.total - min(count.total, before.ended))
        let share = min(1, Double(done) / Double(total))
        var words = ["\(tasks(count.done, of: total))"]
        if let usage { words.append("\(usage.busyCores) of \(usage.cores) cores busy") }
        words.append(LiveRun.time(elapsed))
        if count.nanosecondsLeft > 0 { words.append(left) }
        let line = words.joined(separator: " · ")
        let bar = String(repeating: "█", count: Int(share * 20))
        let rest = String(repeating: "░", count: 20 - Int(share * 20))
        let lines = ["\(bar)\(rest) \(line)"] + nodes.map { "  \($0.name): \($0.functions)" }
        let lastWords =
            tasks(count.done, of: total)
            + " after \(LiveRun.time(elapsed)), when the process of the cells ended"
        return Shown(
            text: lines.joined(separator: "\n"), html: html(share, line), lastWords: lastWords)
    }

    private var left: String {
        let range =
            count.nanosecondsLeftMost > count.nanosecondsLeftLeast
            ? " (\(LiveRun.time(count.nanosecondsLeftLeast)) … "
                + "\(LiveRun.time(count.nanosecondsLeftMost)))" : ""
        return "about \(LiveRun.time(count.nanosecondsLeft)) left\(range)"
    }

    private func tasks(_ allDone: UInt64, of total: UInt64) -> String {
        let done = allDone - min(allDone, before.done)
        let failed = count.failed - min(count.failed, before.failed)
        let stopped = count.cancelled - min(count.cancelled, before.cancelled)
        let failures = failed > 0 ? ", \(LiveRun.whole(failed)) failed" : ""
        let cancelled = stopped > 0 ? ", \(LiveRun.whole(stopped)) cancelled" : ""
        return "\(LiveRun.whole(done)) of \(LiveRun.whole(total)) \(total == 1 ? "task" : "tasks")"
            + failures + cancelled
    }

    /// Each node with its cores, and the functions that run there, the most frequent first.
    private var nodes: [(name: String, cores: [SlotUsage], functions: String)] {
        (usage?.nodes ?? []).map { node in
            let names = node.slots.compactMap { $0.task == nil ? nil : $0.function ?? "?" }
            let counts = Dictionary(grouping: names) { $0 }.mapValues(\.count)
            let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            let text = sorted.map { $0.value == 1 ? $0.key : "\($0.key) ×\($0.value)" }
            let words =
                node.isSilent ? "silent" : text.isEmpty ? "idle" : text.joined(separator: ", ")
            return (node.name, node.slots, words)
        }
    }

    private func html(_ share: Double, _ line: String) -> String {
        var html = "<div style=\"font-family:monospace;font-size:90%\">"
        html +=
            "<div style=\"background:#8884;height:6px;max-width:480px\"><div style=\""
            + "background:#2a9d5c;height:6px;width:\(Int(share * 100))%\"></div></div>"
        html += "<div>\(Markup.text(line))</div>"
        for node in nodes {
            html += "<div>\(Markup.text(node.name)) "
            for slot in node.cores {
                let colour = slot.task == nil ? "#8884" : "#2a9d5c"
                let name = slot.task == nil ? "idle" : slot.function ?? "?"
                html +=
                    "<span title=\"\(Markup.text(name))\" style=\"display:inline-block;width:9px;"
                    + "height:9px;margin-right:2px;background:\(colour)\"></span>"
            }
            html += " \(Markup.text(node.functions))</div>"
        }
        return html + "</div>"
    }

    // MARK: Afterwards

    private func summary(after elapsed: Int64) -> Shown {
        var text = tasks(count.done, of: ended)
        text += " in \(LiveRun.time(elapsed))"
        if usage != nil {
            let cpu = max(0, cpu)
            let effective = Double(cpu) / Double(max(1, elapsed))
            text +=
                " · \(Quantity.number(Double(cpu) / 1e9)) core-seconds · "
                + "\(Quantity.number(effective, digits: 2)) of \(coresMost) cores in effect"
        }
        let all = slotTime.values.reduce(0, +)
        if all > 0 {
            let most = slotTime.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            let named = most.prefix(LiveRun.namedMax).map {
                "\($0.key) \(Int((Double($0.value) / Double(all) * 100).rounded())) %"
            }
            let more = most.count - named.count
            text += " · " + named.joined(separator: ", ") + (more > 0 ? ", \(more) more" : "")
        }
        return Shown(text: text, html: Shown.line(text))
    }

    private static func time(_ nanoseconds: Int64) -> String {
        Quantity.time(Double(nanoseconds) / 1e9)
    }

    private static func whole(_ count: UInt64) -> String { Quantity.count(Int(clamping: count)) }
}
