// Which element of a loop's source a function failed for. Loops do not count elements, which would
// cost each of them; a run that failed is repeated from the end of its last whole stride, one
// element a stride, until it fails again. Functions are pure: it does, within a millisecond's work.

import SwoopElements
import SwoopLaunching
import SwoopModel
import SwoopStorage

extension TaskFailure {
    /// Whether an error of the user's ended a loop over elements.
    var isOfElement: Bool {
        let module = errorType.prefix { $0 != "." }
        return kind == .thrown && !["Swoop", "SwoopElements", "SwoopStorage"].contains(module)
    }
}

/// Repeats the end of a run that failed, to find out where.
struct FailedElement {
    let order: RunOrder
    let store: NodePages?
    /// Where the last stride ended before the failure; nil: none did.
    let position: Int?

    /// More bytes of a file are not read to count its lines.
    private static let countedMax = 64 << 20

    /// The place in words, as the end of a sentence; nothing where it cannot be told.
    func words(host: any _CallHost, _ body: (inout _CallContext) throws -> Void) -> String {
        guard var inputs = try? RunInputs(kernel: order, store: store), inputs.isIndexed else {
            return ""
        }
        let position = position ?? inputs.range.lowerBound
        guard inputs.range.contains(position) else { return "" }
        defer { _ = RunningThread.takeThrowSite() }
        inputs.range = position..<inputs.range.upperBound
        let probe = ProbeHost(host, at: position)
        var context = inputs.context(host: probe)
        do {
            try withExtendedLifetime(inputs.owners) { try body(&context) }
            return ""
        } catch {
            if error is ProbeOver { return "" }
        }
        guard inputs.isText else { return ", for element \(probe.position)" }
        guard let path = inputs.path else { return ", at byte \(probe.position) of its text" }
        guard let line = Self.line(of: probe.position, in: path, inputs.version) else {
            return ", at byte \(probe.position) of \(path)"
        }
        return ", in line \(line) of \(path)"
    }

    /// The line that a byte of a file is in, from 1.
    private static func line(of position: Int, in path: String, _ version: UInt64) -> Int? {
        guard position <= countedMax else { return nil }
        var line = 1
        var start = 0
        let memory = RunBytes(count: 1 << 20)
        while start < position {
            let count = min(memory.count, position - start)
            let part = unsafe UnsafeMutableRawBufferPointer(rebasing: memory.bytes[0..<count])
            do throws(StorageError) {
                try unsafe FileRange.read(
                    path, at: start, into: part, count: count, version: version)
            } catch {
                return nil
            }
            unsafe line += part.count { $0 == 0x0a }
            start += count
        }
        return line
    }
}

/// Thrown to end a repetition that would leave something behind.
private struct ProbeOver: Error {}

/// What stands behind a repeated run: it makes nothing.
private final class ProbeHost: _CallHost {
    private let host: any _CallHost
    private(set) var position: Int

    init(_ host: any _CallHost, at position: Int) {
        self.host = host
        self.position = position
    }

    func strideEnded(at position: Int, elements: Int, end: inout Int) throws -> Int {
        self.position = position
        return 1
    }

    func pageRegion(parts: [_PageSize]) throws -> UnsafeMutableRawBufferPointer {
        throw ProbeOver()
    }

    func scratch(byteCount: Int) throws -> UnsafeMutableRawBufferPointer { throw ProbeOver() }

    func text(from start: Int, to end: Int) throws -> _TextWindow {
        try host.text(from: start, to: end)
    }
}
