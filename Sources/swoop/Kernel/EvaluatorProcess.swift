// The process in which cells run, as the kernel sees it: orders in, news and printed text out.

import Glibc
import SwoopKernel
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// An evaluator that was started.
final class EvaluatorProcess {
    private let process: LineProcess
    private var lastWords: [UInt8] = []

    /// The process.
    var child: ChildProcess { process.child }
    /// Where its news come from.
    var news: OutputPipe { process.news }

    /// Starts one.
    init() throws {
        // A crash is told in a sentence; the runtime's own report takes seconds.
        process = try LineProcess(
            ["kernel", "evaluate"], environment: ["SWIFT_BACKTRACE": "enable=no"])
    }

    /// Sends an order.
    func send(_ order: EvaluatorOrder) { process.send(order.line) }

    /// Ends it: it lets go of its cluster, if it does so soon.
    ///
    /// - Parameter isBusy: a cell runs, which is interrupted.
    func end(isBusy: Bool) {
        if isBusy { child.kill(SIGINT) }
        send(.end)
        let deadline = MonotonicClock.nanoseconds() + EvaluatorProcess.patience
        while child.reap() == nil, MonotonicClock.nanoseconds() < deadline {
            // What it prints yet nobody reads, and it must not wait for that.
            _ = takeOutput()
            var poll = PollLoop()
            _ = poll.watch(descriptor: child.exitDescriptor)
            for pipe in [child.standardOutput, child.standardError] {
                if let pipe, !pipe.isEnded { _ = poll.watch(descriptor: pipe.descriptor) }
            }
            try? poll.wait(until: deadline)
        }
        child.endNow()
    }

    /// Clients wait some seconds for a kernel's end.
    private static let patience: Int64 = 1_500_000_000

    /// News that have come.
    func takeNews() -> [EvaluatorNews] {
        process.takeLines().compactMap { EvaluatorNews(line: $0) }
    }

    /// What was printed, by the name of its stream; whole characters.
    func takeOutput() -> [(stream: String, text: String)] {
        var result: [(stream: String, text: String)] = []
        for (name, pipe) in [("stdout", child.standardOutput), ("stderr", child.standardError)] {
            guard let bytes = pipe?.read(limit: 256 << 10), !bytes.isEmpty else { continue }
            let text = (halves[name] ?? []) + bytes
            let whole = text.count - EvaluatorProcess.unfinished(text)
            halves[name] = Array(text[whole...])
            if name == "stderr" { lastWords = (lastWords + bytes).suffix(16_000) }
            let shown = String(decoding: text[..<whole], as: UTF8.self)
            result.append((name, name == "stderr" ? withoutTrace(shown) : shown))
        }
        return result
    }

    /// The runtime ends what it says of a fatal error with a list of addresses, which the process
    /// does not outlive.
    private func withoutTrace(_ text: String) -> String {
        if isTracing { return "" }
        guard let place = text[...].place(of: "Current stack trace:\n"),
            String(decoding: lastWords, as: UTF8.self)[...].mentions("Fatal error: ")
        else { return text }
        isTracing = true
        return String(text[..<place])
    }

    private var isTracing = false

    private var halves: [String: [UInt8]] = [:]

    /// Bytes at the end that begin a character and do not end it.
    private static func unfinished(_ text: [UInt8]) -> Int {
        for back in 1...3 where back <= text.count {
            let byte = text[text.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > back ? back : 0
        }
        return 0
    }

    /// Why it has ended, for people.
    func reason(of status: ExitStatus) -> String {
        let words =
            String(decoding: lastWords, as: UTF8.self)
            .pieces(at: "\n").last { $0.contains("Fatal error") }.map { line in
                // The runtime puts the module's name before the file's, which people do not know.
                ": " + (line.hasPrefix("Cell") ? line.drop { $0 != "/" }.dropFirst() : line)
            } ?? ""
        switch status {
        case .exited(let code): return "ended with code \(code)" + words
        case .signalled(SIGILL), .signalled(SIGTRAP):
            let guess = " (a precondition that failed: an index out of range, an overflow, a nil)"
            return "trapped" + (words.isEmpty ? guess : words)
        case .signalled(SIGSEGV), .signalled(SIGBUS):
            return "used memory that is not there (endless recursion does that, too)" + words
        case .signalled(SIGABRT) where words.contains("failed to allocate"):
            return "had no memory left" + words
        case .signalled(SIGKILL): return "was killed; the system does that when memory is short"
        case .signalled(let signal): return "died of signal \(signal)" + words
        }
    }
}
