// Parts of text files: read where the file is when the nodes are this machine; else cut out here,
// with what a run needs around its part, and sent to the nodes as data.

import SwoopElements
import SwoopModel

/// The text of one part of a file, and what a run needs of the file around it.
struct TextPart: Sendable {
    let source: ByteSource
    let range: Range<Int>
    let lookBehind: Int
    let firstBegin: @Sendable (TextWindow, _ position: Int) -> Int?

    /// Where the bytes begin in the file.
    var start: Int { max(0, range.lowerBound - lookBehind) }

    /// Bytes that are always read behind the part: most records end within them.
    static let margin = 4_096

    /// The bytes from `start` to where the first record behind the part is seen to begin.
    ///
    /// - Throws: `SwoopError` when the file cannot be read any more, or is another.
    func read() throws(SwoopError) -> [UInt8] {
        try Self.read(source, from: start, to: range.upperBound) { window in
            firstBegin(window, range.upperBound)
        }
    }

    /// The bytes from `start` on, as far beyond `end` as `firstBegin` needs to answer.
    static func read(
        _ source: ByteSource, from start: Int, to end: Int,
        firstBegin: (TextWindow) -> Int?
    ) throws(SwoopError) -> [UInt8] {
        var margin = Self.margin
        while true {
            let stop = min(source.byteCount, end + margin)
            let bytes = try source.bytes(start..<stop)
            if stop == source.byteCount { return bytes }
            let isWhole = unsafe bytes.withUnsafeBytes { bytes in
                let window = unsafe TextWindow(bytes: bytes, start: start)
                return firstBegin(window) != nil
            }
            if isWhole { return bytes }
            margin *= 4
        }
    }
}

extension PlanRecording {
    /// The parts of text files, in the files' order; leaves are counted over all of them.
    func textParts(
        _ files: TextFiles, lookBehind: Int, leafWidth: Int,
        firstBegin: @escaping @Sendable (TextWindow, _ position: Int) -> Int?
    ) -> [LoopPart] {
        var parts: [LoopPart] = []
        var leafBase = 0
        for source in sources(of: files) {
            for range in cut(source, leafWidth: leafWidth) {
                let text = TextPart(
                    source: source, range: range, lookBehind: lookBehind, firstBegin: firstBegin)
                let note = source.note(
                    lookBehind: lookBehind, sentFrom: text.start, leafBase: leafBase)
                var part = LoopPart(
                    range: range, note: encoded(note), feature: Double(range.count))
                if source.reader == .client {
                    part.keep(
                        sent(text.start..<range.upperBound, of: source) {
                            () throws(SwoopError) in try text.read()
                        })
                }
                parts.append(part)
            }
            leafBase += (source.byteCount + leafWidth - 1) / leafWidth
        }
        return parts
    }

    /// Cuts a file into parts.
    func cut(_ source: ByteSource, leafWidth: Int) -> [Range<Int>] {
        split(
            source.byteCount, leafWidth: leafWidth, least: 65_536,
            most: session.partByteCountMax)
    }

    /// Adds bytes of a file as client data: they are read when the plan is run.
    func sent(
        _ range: Range<Int>, of source: ByteSource,
        _ read: @escaping @Sendable () throws(SwoopError) -> [UInt8]
    ) -> ProxyHandle {
        let about = min(source.byteCount, range.upperBound + TextPart.margin) - range.lowerBound
        return store(.later(read), byteCount: about, output: .value)
    }
}
