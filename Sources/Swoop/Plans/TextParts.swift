// Parts of text files: read where the file is when the nodes are this machine; else cut out here,
// with what a run needs around its part, and sent to the nodes as data.

import SwoopElements
import SwoopModel

/// The text of one part of a file, and what a run needs of the file around it.
struct TextPart: Sendable {
    let source: ByteSource
    let range: Range<Int>
    let lookBehind: Int
    let firstBegin: @Sendable (_TextWindow, _ position: Int) -> Int?

    /// Where the bytes begin in the file.
    var start: Int { max(0, range.lowerBound - lookBehind) }

    /// Bytes that are always read behind the part: most records end within them.
    static let margin = 4_096
    /// Bytes that are looked through at a time where one does not.
    static let window = 1 << 20

    /// The bytes from `start` to where the first record behind the part is seen to begin; none at
    /// all if no record begins in the part.
    ///
    /// - Throws: `SwoopError` when the file cannot be read any more, or is another.
    func read() throws(SwoopError) -> [UInt8] {
        let end = range.upperBound
        var bytes = try source.bytes(start..<min(source.byteCount, end.addingClamped(Self.margin)))
        func begin(_ window: [UInt8], from offset: Int, at position: Int) -> Int? {
            unsafe window.withUnsafeBytes { bytes in
                firstBegin(unsafe _TextWindow(bytes: bytes, start: offset), position)
            }
        }
        guard let first = begin(bytes, from: start, at: range.lowerBound), first < end else {
            return []
        }
        var next = begin(bytes, from: start, at: end)
        var position = start + bytes.count
        // A long record: its end is looked for before its bytes are read.
        while next == nil, position < source.byteCount {
            let from = max(start, position - 1 - lookBehind)
            position = min(source.byteCount, position + Self.window)
            next = begin(
                try source.bytes(from..<position), from: from, at: max(end, from + lookBehind))
        }
        let known = start + bytes.count
        let stop = min(source.byteCount, (next ?? source.byteCount).addingClamped(Self.margin))
        if stop > known { bytes += try source.bytes(known..<stop) }
        return bytes
    }
}

extension PlanRecording {
    /// The parts of text files, in the files' order; leaves are counted over all of them.
    func textParts(
        _ files: TextFiles, reading: _FileReading, lookBehind: Int, leafWidth: Int,
        firstBegin: @escaping @Sendable (_TextWindow, _ position: Int) -> Int?
    ) -> [LoopPart] {
        var parts: [LoopPart] = []
        var leafBase = 0
        for source in sources(of: files, for: reading) {
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
            leafBase = leafBase.addingClamped(source.byteCount.pieces(of: leafWidth))
        }
        return parts
    }

    /// Cuts a file into parts.
    func cut(_ source: ByteSource, leafWidth: Int) -> [Range<Int>] {
        split(
            source.byteCount, leafWidth: leafWidth, least: 65_536,
            most: session.partByteCountMax,
            named: "\(source.path), of \(source.byteCount) bytes,")
    }

    /// Adds bytes of a file as client data: they are read when the plan is run.
    func sent(
        _ range: Range<Int>, of source: ByteSource,
        _ read: @escaping @Sendable () throws(SwoopError) -> [UInt8]
    ) -> _ProxyHandle {
        let end = min(source.byteCount, range.upperBound.addingClamped(TextPart.margin))
        return store(.later(read), byteCount: end - range.lowerBound, output: .value)
    }
}
