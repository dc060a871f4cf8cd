// What a person sees while hosts are brought up: a line for each, rewritten at a terminal, said
// once per thing that happens where the output is no terminal.

import Glibc
import SwoopHosts
import SwoopModel
import SwoopTransport
import Synchronization

/// The lines of a bringing up, on standard error.
package final class BringUpLines: Sendable {
    private struct Line {
        var text: String
        var began: Int64
        var wasSending = false
    }

    private struct State {
        var lines: [String: Line] = [:]
        var shown = 0
        var paintedAt: Int64 = 0
    }

    private let state = Mutex(State())
    private let names: [String]
    private let isTerminal: Bool

    package init(of hosts: [String]) {
        names = hosts
        isTerminal = isatty(2) == 1
    }

    /// Tells how far a host is.
    func take(_ host: String, _ progress: HostProgress) {
        let now = MonotonicClock.nanoseconds()
        let said = state.withLock { state -> String in
            var line = state.lines[host] ?? Line(text: "", began: now)
            line.text = Self.words(progress, after: now - line.began)
            let isNews: Bool
            switch progress {
            case .connecting, .checking, .starting: isNews = false
            case .sending(_, let all):
                isNews = !line.wasSending
                line.wasSending = true
                if !isTerminal { line.text = "sending the program, \(Self.megabytes(all))" }
            case .joined, .failed: isNews = true
            }
            return show(line, of: host, isNews: isNews, now: now, in: &state)
        }
        write(said)
    }

    /// Shows words about a host; what is no news is only for terminals.
    package func say(_ text: String, of host: String, isNews: Bool) {
        let now = MonotonicClock.nanoseconds()
        let said = state.withLock { state -> String in
            var line = state.lines[host] ?? Line(text: "", began: now)
            line.text = text
            return show(line, of: host, isNews: isNews, now: now, in: &state)
        }
        write(said)
    }

    private func show(
        _ words: Line, of host: String, isNews: Bool, now: Int64, in state: inout State
    ) -> String {
        var line = words
        line.text = PrintableText.line(line.text)
        state.lines[host] = line
        guard isTerminal else { return isNews ? "swoop: \(host): \(line.text)\n" : "" }
        // Ten times a second is as fast as anybody reads.
        guard isNews || now - state.paintedAt > nanosecondsPerSecond / 10 else { return "" }
        state.paintedAt = now
        return repaint(&state)
    }

    /// All lines again, over the ones that are there: each is cut at the terminal's width, so that
    /// it stays one line.
    private func repaint(_ state: inout State) -> String {
        var size = winsize()
        // Terminals without a window say 0.
        let isKnown = unsafe ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let width = isKnown ? Int(size.ws_col) : 80
        let longest = names.map(\.count).max() ?? 0
        var text = state.shown > 0 ? "\u{1b}[\(state.shown)A" : ""
        for name in names {
            guard let line = state.lines[name] else { continue }
            let padded = name + String(repeating: " ", count: longest - name.count)
            text +=
                "\r\u{1b}[K" + String("\(padded)  \(line.text)".prefix(max(20, width - 1))) + "\n"
        }
        state.shown = names.count { state.lines[$0] != nil }
        return text
    }

    /// What is left to say when everything has been tried: failures whole, which a line at a
    /// terminal had no room for.
    func finish(_ outcomes: [HostOutcome]) {
        guard isTerminal else { return }
        let failures = outcomes.compactMap(\.failure).map { PrintableText.lines("\($0)") }
        write(failures.map { "swoop: \($0)\n" }.joined())
    }

    static func words(_ progress: HostProgress, after elapsed: Int64) -> String {
        switch progress {
        case .connecting: "connecting"
        case .checking: "looking around"
        case .sending(let bytes, let all):
            "sending the program: \(bytes * 100 / max(1, all)) % of \(megabytes(all))"
        case .starting: "starting its agent"
        case .joined(let isCarried):
            "joined after \(seconds(elapsed))"
                + (isCarried ? ", through its SSH connection: it does not reach this machine" : "")
        case .failed(let error): "\(error.step.rawValue): \(words(of: error))"
        }
    }

    private static func words(of error: HostError) -> String {
        let text = error.description
        let head = "\(error.host): \(error.step.rawValue): "
        return text.hasPrefix(head) ? String(text.dropFirst(head.count)) : text
    }

    /// A time for people, such as `0.52 s`.
    package static func seconds(_ nanoseconds: Int64) -> String {
        let hundredths = (nanoseconds + 5_000_000) / 10_000_000
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) s"
    }

    private static func megabytes(_ bytes: Int64) -> String {
        let tenths = (bytes + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10) MB"
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty else { return }
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
    }
}
