// What tasks print, cut into lines and labelled by the run of the printing thread; a flood is
// bounded and says what it dropped.

import SwoopLaunching
import SwoopModel
import SwoopTransport
import Synchronization

/// Lines of one slot (or of all threads that are none).
final class LabelledOutput: Sendable {
    private struct State {
        var task = TaskID(high: 0, low: 0)
        var function = ""
        var partial: [UInt8] = []
        var partialIsError = false
        var windowBegan: Int64 = 0
        var linesInWindow = 0
        var dropped: UInt32 = 0
    }

    private let state = Mutex(State())
    private let send: @Sendable (OutputLine) -> Void
    /// Lines that may pass in a tenth of a second: more than a person reads, less than a ring
    /// holds.
    private static let linesMax = 200
    private static let window: Int64 = 100_000_000
    private static let lineBytesMax = 4_096

    init(send: @escaping @Sendable (OutputLine) -> Void) { self.send = send }

    /// The run whose lines these are from now on.
    func begin(_ task: TaskID, function: String) {
        state.withLock {
            $0.task = task
            $0.function = function
        }
    }

    /// The run is over: what it printed without a line's end is a line.
    func end() {
        let line = state.withLock { state -> OutputLine? in
            state.partial.isEmpty && state.dropped == 0 ? nil : cut(&state)
        }
        if let line { send(line) }
    }

    func write(_ bytes: Span<UInt8>, isError: Bool) {
        var lines: [OutputLine] = []
        state.withLock { state in
            state.partialIsError = isError
            for index in bytes.indices {
                let byte = bytes[index]
                if byte != 10 { state.partial.append(byte) }
                guard byte == 10 || state.partial.count >= Self.lineBytesMax else { continue }
                if let line = pass(&state) { lines.append(line) }
            }
        }
        for line in lines { send(line) }
    }

    /// Where the toolchain's backtracer is not there, a failed check is followed by its frames
    /// without names: dozens of lines that say nothing and push the reason out of sight.
    private static func isNamelessFrame(_ line: [UInt8]) -> Bool {
        guard let first = line.first else { return false }
        if first == UInt8(ascii: "C") { return line == Array("Current stack trace:".utf8) }
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
        let text = String(decoding: line, as: UTF8.self)
        return text.mentions(" 0x") && text.mentions(" <unavailable> + ")
    }

    private func pass(_ state: inout State) -> OutputLine? {
        if state.partialIsError, Self.isNamelessFrame(state.partial) {
            state.partial.removeAll(keepingCapacity: true)
            return nil
        }
        let now = MonotonicClock.nanoseconds()
        if now - state.windowBegan > Self.window {
            state.windowBegan = now
            state.linesInWindow = 0
        }
        state.linesInWindow += 1
        guard state.linesInWindow <= Self.linesMax else {
            state.dropped += 1
            state.partial.removeAll(keepingCapacity: true)
            return nil
        }
        return cut(&state)
    }

    private func cut(_ state: inout State) -> OutputLine {
        defer {
            state.partial.removeAll(keepingCapacity: true)
            state.dropped = 0
        }
        return OutputLine(
            task: state.task, function: state.function, node: "",
            text: String(decoding: state.partial, as: UTF8.self), isError: state.partialIsError,
            dropped: state.dropped)
    }
}
