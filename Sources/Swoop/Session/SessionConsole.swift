// What a session shows a person: lines that tasks printed, remarks, a line of progress that updates
// at a terminal. All on standard error, so that a program's own output stays its own; tasks' lines
// go where the task wrote them if that is asked for.

import Glibc
import SwoopLaunching
import SwoopModel
import SwoopTransport
import Synchronization

/// Where lines go that tasks print.
public enum TaskOutput: Sendable {
    /// All of them to standard error, labelled: what the program prints itself stays by itself.
    case standardError
    /// Each where the task wrote it, standard output or standard error, labelled.
    case asPrinted
}

/// Writes to the terminal, or to whatever standard error is.
final class SessionConsole: Sendable {
    private struct State {
        var line: ProgressLine
        var isProgressShown = false
        /// What was said of rows that were left out since a plan was run last.
        var leftOut: Set<String> = []
    }

    private let state: Mutex<State>
    private let showsOutput: Bool
    let showsProgress: Bool
    private let taskOutput: TaskOutput
    /// Whether a terminal shows what goes to standard output and standard error.
    private let isTerminal = (output: isatty(1) == 1, errors: isatty(2) == 1)

    init(
        showsOutput: Bool, showsProgress: Bool = false, taskOutput: TaskOutput = .standardError
    ) {
        self.taskOutput = taskOutput
        self.showsOutput = showsOutput
        self.showsProgress = showsProgress
        state = Mutex(State(line: ProgressLine(isTerminal: isatty(2) == 1)))
    }

    /// A line that a task printed, labelled by its function.
    ///
    /// A file gets it as it was printed; a terminal does not take orders from it.
    func show(_ line: OutputLine) {
        guard showsOutput, let shown = shown(line) else { return }
        finish()
        var text = line.function.isEmpty ? "" : "[\(line.function)] "
        if line.dropped > 0 { text += "(\(line.dropped) \(Self.dropped)) " }
        text += shown
        let isToErrors = line.isError || taskOutput == .standardError
        let isShown = isToErrors ? isTerminal.errors : isTerminal.output
        write((isShown ? PrintableText.printedLine(text) : text) + "\n", to: isToErrors ? 2 : 1)
    }

    /// A remark about rows that were left out, from a run in this process.
    func show(leftOut text: String) {
        show(
            OutputLine(
                task: TaskID(high: 0, low: 0), function: "", node: "", text: text, isError: true,
                dropped: 0))
    }

    /// What is shown of a line; nil: nothing.
    ///
    /// Several loops over one table say the same of the same rows, which is shown once. Each run
    /// over a part with bad rows says so: of many parts the first few are shown.
    private func shown(_ line: OutputLine) -> String? {
        guard line.isError, line.text.hasPrefix(leftOutMark) else { return line.text }
        let count = state.withLock {
            $0.leftOut.insert(line.text).inserted ? $0.leftOut.count : 0
        }
        switch count {
        case 1...Self.leftOutShownMax: return line.text
        case Self.leftOutShownMax + 1:
            return leftOutMark + "more rows were left out further on: `badRows()` counts them all"
        default: return nil
        }
    }

    /// What is said of lines that came too fast, behind their number: they are nowhere.
    private static let dropped =
        "lines dropped: 2,000 a second are shown; what you need of them, return or write to a file"

    /// Lines about rows that were left out that are shown for one plan.
    private static let leftOutShownMax = 3

    /// A plan is run: what is said of its tables is new.
    func planBegan() { state.withLock { $0.leftOut.removeAll() } }

    /// Something that a person should read.
    func remark(_ text: String) {
        guard showsOutput else { return }
        finish()
        write("swoop: \(PrintableText.lines(text))\n", to: 2)
    }

    /// How far the graph is.
    func progress(_ count: ProgressCount) {
        guard showsProgress else { return }
        let now = MonotonicClock.nanoseconds()
        let text = state.withLock { state -> String in
            switch state.line.take(count, at: now) {
            case .nothing: return ""
            case .line(let text): return "swoop: \(text)\n"
            case .updated(let text):
                state.isProgressShown = true
                return "\r\u{1b}[K\(text)"
            case .cleared:
                state.isProgressShown = false
                return "\r\u{1b}[K"
            }
        }
        if !text.isEmpty { write(text, to: 2) }
    }

    /// The progress line goes: the scope ended, or something else is to be written.
    func finish() {
        let wasShown = state.withLock { state in
            defer { state.isProgressShown = false }
            return state.isProgressShown
        }
        if wasShown { write("\r\u{1b}[K", to: 2) }
    }

    private func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let done = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if done < 0 && errno == EINTR { continue }
            if done <= 0 { return }
            bytes = bytes.dropFirst(done)
        }
    }
}
