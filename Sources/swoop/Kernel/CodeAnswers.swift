// The process that has SourceKit, and the kernel's end of it. It is a process of its own: SourceKit
// may take its time, or end, and the kernel goes on.

import ArgumentParser
import CSwoopSourceKit
import Glibc
import SwoopKernel
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// Asks SourceKit; its process starts with the first question.
final class CodeAnswers {
    private let toolchain: SwiftToolchain
    private let process: LineProcess
    private var waiting: Set<Int> = []

    /// The process.
    var child: ChildProcess { process.child }
    /// Where its answers come from.
    var news: OutputPipe { process.news }

    /// Starts the process.
    init(_ toolchain: SwiftToolchain) throws {
        self.toolchain = toolchain
        process = try LineProcess(["kernel", "answer"], output: .discarded)
    }

    /// Asks a question; the compiler's arguments are those of a cell.
    func ask(_ question: CodeQuestion, arguments: [String]) {
        waiting.insert(question.number)
        process.send(question.line(arguments: arguments, library: toolchain.sourceKit))
    }

    /// Answers that have come.
    func take() -> [(number: Int, answer: CodeAnswer)] {
        let answers = process.takeLines().compactMap { CodeAnswer.read($0) }
        for answer in answers { waiting.remove(answer.number) }
        return answers
    }

    /// Whether the process has ended: then nothing answers what was asked.
    func hasEnded() -> [Int]? {
        guard child.reap() != nil else { return nil }
        return waiting.sorted()
    }
}

/// Answers questions about code; the kernel calls this.
struct KernelAnswerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answer", abstract: "Answers questions about code: the kernel calls this.",
        shouldDisplay: false)

    func run() throws {
        try SwoopTool.report {
            try LineProcess.checkDescriptors()
            var lines = PipeLines()
            var bytes = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = unsafe read(LineProcess.numbers.orders, &bytes, bytes.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                lines.append(bytes[..<count])
                for line in lines.take() { answer(line) }
            }
        }
    }

    private func answer(_ line: [UInt8]) {
        guard let question = try? JSONValue(line), let number = question["number"].int,
            let library = question["library"].string
        else { return }
        let answer: String
        if !SwiftToolchain.isThere(library) {
            answer = CodeAnswer.line(
                number: number, missing: "this Swift toolchain has no SourceKit (\(library))")
        } else if let problem = unsafe swoop_sourcekit_load(library) {
            let reason = unsafe String(cString: problem)
            answer = CodeAnswer.line(
                number: number, missing: "SourceKit cannot be loaded: \(reason)")
        } else {
            let answers = question["requests"].elements.map { ask($0.string ?? "") }
            answer = CodeAnswer.line(number: number, answer: answers.dropFirst().first ?? nil)
        }
        PipeLine.write(answer, to: LineProcess.numbers.news)
    }

    private func ask(_ request: String) -> String? {
        guard let text = unsafe swoop_sourcekit_ask(request) else { return nil }
        defer { unsafe free(text) }
        // A line is one message.
        return unsafe String(cString: text).pieces(at: "\n").joined(separator: " ")
    }
}
