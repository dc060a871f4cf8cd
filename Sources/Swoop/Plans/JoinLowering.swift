// How a join becomes tasks: one for each page of the left side, which has all pages of the right
// side beside it, and the index of these where it would be too much for each task to make its own.
// Whether there is an index changes nothing in the answers.

import SwoopElements
import SwoopModel
import Synchronization

extension PlanRecording {
    /// Pages of the left side of which each may go through the right side.
    private static let scanningPagesMax = 4
    /// More parts than this make more tasks than they even out.
    private static let indexBitsMax = 6

    /// A part for each page of the left side.
    func joinedParts(_ join: _JoinSpec) -> [LoopPart] {
        let (left, right) = (join.left, join.right)
        guard areOurs(left, right) else { return [] }
        guard right.tasks.count <= JoinIndex.pagesMax else {
            _refuse(
                "the right side of a join has \(right.tasks.count) pages, and "
                    + "\(JoinIndex.pagesMax) are the most",
                advice: "Join the other way round, or in several parts.")
            return []
        }
        let beside = index(of: join) + right.tasks
        let source = LoopNote.Source.joined(counts: [], partners: right.tasks.count)
        guard let sizes = sizes(of: left)?[0] else {
            return left.tasks.indices.map { index in
                let counts = elementCounts(of: [Array(left.tasks[..<index]), [left.tasks[index]]])
                return LoopPart(
                    range: 0..<0, note: note(source, counts), pages: [left.tasks[index]] + beside,
                    feature: .nan)
            }
        }
        var before = 0
        return zip(left.tasks, sizes).map { task, size in
            let source = LoopNote.Source.joined(
                counts: [before, size.count], partners: right.tasks.count)
            before += size.count
            return LoopPart(
                range: 0..<0, note: encoded(LoopNote(source: source)), pages: [task] + beside,
                feature: Double(size.count))
        }
    }

    /// The pages of the index of the right side; none: each run makes its own.
    private func index(of join: _JoinSpec) -> [TaskID] {
        if let known = join.pages.withLock({ $0 }) { return known }
        let made = makeIndex(of: join)
        join.pages.withLock { $0 = made }
        return made
    }

    private func makeIndex(of join: _JoinSpec) -> [TaskID] {
        let pages = join.right.tasks.count
        guard pages > 1 else { return [] }
        if let sizes = sizes(of: join.right)?[0] {
            let rows = sizes.map(\.count).clampedSum
            if rows <= JoinScan.ownRowsMax || isScanned(by: join.left, rows) { return [] }
        }
        let bits = min(Self.indexBitsMax, (pages - 1).bitWidth - (pages - 1).leadingZeroBitCount)
        let (fields, kept) = hoisted(join.fields)
        let keys = place(of: join.keys, name: "\(join.name) (keys)", code: join.fields.code)
        let maps = pageParts(join.right, areKept: true, ofCore: Self.partsOfCore).enumerated()
            .map { number, part in
                addPart(
                    part, function: keys, fields: fields,
                    last: [.bytes(number.encodedBytes), .bytes(bits.encodedBytes)], output: .page)
            }
        withExtendedLifetime(kept) {}
        let index = place(of: join.index, name: "\(join.name) (index)", code: join.fields.code)
        let note = encoded(LoopNote(source: .merged(counted: 0, start: 0)))
        return (0..<1 << bits).map { part in
            addPart(
                LoopPart(range: 0..<0, note: note, pages: maps, part: UInt32(part), feature: .nan),
                function: index, fields: .bytes(bits.encodedBytes), output: .page)
        }
    }

    /// Whether the pages of the left side are so few, and so small, that each goes through all rows
    /// of the right side, which then needs no index.
    private func isScanned(by left: _ProxyHandle, _ rows: Int) -> Bool {
        guard left.tasks.count <= Self.scanningPagesMax, let sizes = sizes(of: left)?[0] else {
            return false
        }
        return sizes.allSatisfy { JoinScan.isBetter(left: $0.count, right: rows) }
    }
}
