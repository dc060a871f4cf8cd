// The process in which cells run, as the kernel sees it: orders in, news and printed text out.

import CSwoopSystem
import Glibc
import SwoopKernel
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// An evaluator that was started.
final class EvaluatorProcess {
    /// What the evaluator's descriptors are numbered: `ChildProcess` counts them by their names.
    static let numbers: (news: Int32, orders: Int32) = (3, 4)

    /// The process.
    let child: ChildProcess
    /// Where its news come from.
    let news: OutputPipe
    private let orders: OwnedDescriptor
    private var unread: [UInt8] = []
    private var lastWords: [UInt8] = []

    /// Starts one: this executable, with another command.
    init() throws {
        var orderEnds: [Int32] = [-1, -1]
        var newsEnds: [Int32] = [-1, -1]
        guard unsafe swoop_pipe(&orderEnds) == 0, unsafe swoop_pipe(&newsEnds) == 0 else {
            throw ToolError("no pipe can be made: \(SystemWords.of(errno))")
        }
        orders = OwnedDescriptor(owning: orderEnds[1])
        news = OutputPipe(owning: newsEnds[0])
        _ = swoop_set_nonblocking(newsEnds[0])
        defer {
            _ = close(orderEnds[0])
            _ = close(newsEnds[1])
        }
        var request = LaunchRequest(
            program: "/proc/self/exe", arguments: ["kernel", "evaluate"])
        request.descriptors = ["news": newsEnds[1], "orders": orderEnds[0]]
        request.output = .piped
        // A crash is told in a sentence; the runtime's own report takes seconds.
        request.environment = ["SWIFT_BACKTRACE": "enable=no"]
        child = try ChildProcess(starting: request)
    }

    /// Sends an order; what it cannot take any more is dropped, since its end is heard of.
    func send(_ order: EvaluatorOrder) { PipeLine.write(order.line, to: orders.rawValue) }

    /// News that have come.
    func takeNews() -> [EvaluatorNews] {
        unread += news.read(limit: 1 << 20)
        guard let end = unread.lastIndex(of: 0x0A) else { return [] }
        let lines = unread[...end].split(separator: 0x0A)
        unread.removeSubrange(...end)
        return lines.compactMap { EvaluatorNews(line: Array($0)) }
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
            result.append((name, String(decoding: text[..<whole], as: UTF8.self)))
        }
        return result
    }

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
