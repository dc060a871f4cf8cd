// Parts of text files: read where the file is when the nodes are this machine; else cut out here,
// with what a run needs around its part, and sent to the nodes as data.

import SwoopElements
import SwoopModel
import SwoopStorage

/// The text of one part of a file, and what a run needs of the file around it.
struct TextPart: Sendable {
    let path: String
    let range: Range<Int>
    /// Bytes of the file.
    let size: Int
    let lookBehind: Int
    let firstBegin: @Sendable (TextWindow, _ position: Int) -> Int?

    /// Where the bytes begin in the file.
    var start: Int { max(0, range.lowerBound - lookBehind) }

    /// Bytes that are always read behind the part: most records end within them.
    static let margin = 4_096

    /// The bytes from `start` to where the first record behind the part is seen to begin.
    ///
    /// - Throws: `SwoopError.Code.lost` when the file cannot be read any more.
    func read() throws(SwoopError) -> [UInt8] {
        var margin = Self.margin
        while true {
            let end = min(size, range.upperBound + margin)
            let bytes = try bytes(to: end)
            if end == size { return bytes }
            let isWhole = unsafe bytes.withUnsafeBytes { bytes in
                let window = unsafe TextWindow(bytes: bytes, start: start)
                return firstBegin(window, range.upperBound) != nil
            }
            if isWhole { return bytes }
            margin *= 4
        }
    }

    private func bytes(to end: Int) throws(SwoopError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: end - start)
        do {
            try unsafe bytes.withUnsafeMutableBytes { target in
                try unsafe FileRange.read(path, at: start, into: target, count: target.count)
            }
        } catch {
            throw SwoopError(.lost, "\(error)", advice: "Leave the file as it is until it is read.")
        }
        return bytes
    }
}

extension PlanRecording {
    /// The parts of text files, in the files' order; leaves are counted over all of them.
    func textParts(
        _ files: TextFiles, lookBehind: Int, leafWidth: Int,
        firstBegin: @escaping @Sendable (TextWindow, _ position: Int) -> Int?
    ) -> [LoopPart] {
        let isSent = !files.areShared && !session.nodesAreHere
        var parts: [LoopPart] = []
        var leafBase = 0
        for path in files.paths {
            let size: Int
            do throws(StorageError) {
                size = try FileRange.byteCount(of: path)
            } catch {
                fail(SwoopError(.invalidPlan, error.description, advice: "Check the path."))
                continue
            }
            for range in split(size, leafWidth: leafWidth, least: 65_536) {
                let text = TextPart(
                    path: path, range: range, size: size, lookBehind: lookBehind,
                    firstBegin: firstBegin)
                let source =
                    isSent
                    ? LoopNote.Source.sentText(start: text.start)
                    : .text(path: path, lookBehind: lookBehind)
                let note = LoopNote(source: source, sourceEnd: size, leafBase: leafBase)
                var part = LoopPart(
                    range: range, note: encoded(note), feature: Double(range.count))
                if isSent { part.keep(store(text)) }
                parts.append(part)
            }
            leafBase += (size + leafWidth - 1) / leafWidth
        }
        return parts
    }

    /// Adds the text of a part as client data: it is read when the plan is run.
    private func store(_ text: TextPart) -> ProxyHandle {
        let about = min(text.size, text.range.upperBound + TextPart.margin) - text.start
        return store(
            .later { () throws(SwoopError) in try text.read() }, byteCount: about, output: .value)
    }
}
