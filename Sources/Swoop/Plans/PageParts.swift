// The parts of a loop over stored collections. Where a page's elements stand follows from the
// counts of the pages before it: of pages that are there already the client knows them, and cuts
// the work as it does that of a range; of pages that the same plan makes they are told to each
// task once its inputs are there.

import SwoopElements
import SwoopModel
import Synchronization

extension PlanRecording {
    /// The sizes of the pages of arrays of this cluster, one after the other; nil: not all are
    /// made, or one array is another cluster's.
    func sizes(of handles: _ProxyHandle...) -> [[_PageSize]]? {
        var all: [[_PageSize]] = []
        for handle in handles {
            guard handle.recording.session === session,
                let sizes = sizes(ofTasks: handle.tasks)
            else { return nil }
            // What no Int counts is no collection that could be cut.
            guard sizes.map(\.count).clampedSum < .max, sizes.map(\.byteCount).clampedSum < .max
            else { return nil }
            all.append(sizes)
        }
        return all
    }

    /// The sizes of outputs that are there: of earlier plans, and of kept data that is read here.
    func sizes(ofTasks tasks: [TaskID]) -> [_PageSize]? {
        let kept = state.withLock { state in
            state.keptSizes.isEmpty ? [] : tasks.compactMap { state.keptSizes[$0] }
        }
        return kept.count == tasks.count && !kept.isEmpty ? kept : session.sizes(of: tasks)
    }

    func areOurs(_ handles: _ProxyHandle...) -> Bool {
        if handles.allSatisfy({ $0.recording.session === session }) { return true }
        fail(SwoopError(.invalidPlan, "an array of another cluster is used in this plan"))
        return false
    }

    /// A part for each page, or for some pages side by side where they are small and on one node.
    ///
    /// - Parameters:
    ///   - areKept: what comes of a part is kept in a page.
    ///   - ofCore: how many there should be for each core, where there are many pages.
    func pageParts(_ handle: _ProxyHandle, areKept: Bool, ofCore: Int) -> [LoopPart] {
        guard areOurs(handle) else { return [] }
        guard let sizes = sizes(of: handle)?[0] else {
            return handle.tasks.indices.map { index in
                // Of all pages before it as one sum, and of its own.
                let counts = elementCounts(
                    of: [Array(handle.tasks[..<index]), [handle.tasks[index]]])
                return LoopPart(
                    range: 0..<0, note: note(.pages(counts: []), counts),
                    pages: [handle.tasks[index]], feature: .nan)
            }
        }
        let counts = sizes.map(\.count)
        var before = 0
        let each = areKept ? sizes.indices.map { $0..<$0 + 1 } : runs(of: sizes, ofCore: ofCore)
        return each.map { run in
            let own = Array(counts[run])
            defer { before += own.reduce(0, +) }
            return LoopPart(
                range: 0..<0, note: encoded(LoopNote(source: .pages(counts: [before] + own))),
                pages: Array(handle.tasks[run]), feature: Double(own.reduce(0, +)))
        }
    }

    /// All pages as one part, for a task that goes through them alone.
    func wholePart(_ handle: _ProxyHandle) -> LoopPart {
        guard areOurs(handle) else {
            return LoopPart(range: 0..<0, note: encoded(LoopNote(source: .none)), feature: 0)
        }
        let counts = elementCounts(of: handle.tasks.map { [$0] })
        return LoopPart(
            range: 0..<0, note: note(.pages(counts: []), counts), pages: handle.tasks,
            feature: .nan)
    }

    /// Pages side by side that one task may read: as many tasks as even out over the cores, where
    /// there is one node, which has all of them.
    private func runs(of sizes: [_PageSize], ofCore: Int) -> [Range<Int>] {
        guard session.nodes.count == 1 else { return sizes.indices.map { $0..<$0 + 1 } }
        let parts = session.coreCount * ofCore
        let all = max(1, sizes.reduce(0) { $0 + $1.count })
        let most = min(Self.inputBytesMax, session.slotByteCount / 8)
        var runs: [Range<Int>] = []
        var start = 0
        var part = 0
        var (elements, bytes) = (0, 0)
        for (index, size) in sizes.enumerated() {
            // A page belongs to the part that has its middle.
            let own = (elements + size.count / 2).multipliedClamped(by: parts) / all
            if index > start, own > part || bytes + size.byteCount > most {
                runs.append(start..<index)
                start = index
                bytes = 0
            }
            part = own
            elements += size.count
            bytes += size.byteCount
        }
        if start < sizes.count { runs.append(start..<sizes.count) }
        return runs
    }

    /// Bytes of pages that one task of several reads.
    private static let inputBytesMax = 256 << 20

    /// A part for each page, which its function takes as a whole.
    func wholePageParts(_ handle: _ProxyHandle) -> [LoopPart] {
        guard areOurs(handle) else { return [] }
        return handle.tasks.indices.map { index in
            LoopPart(
                range: 0..<0,
                note: note(
                    .wholePages(counts: []),
                    elementCounts(of: handle.tasks[...index].map { [$0] })),
                pages: [handle.tasks[index]], feature: .nan)
        }
    }

    /// A part for each page of the first array, with what the second one has beside it: those of
    /// its pages that have the same indices, or all of them where nobody knows yet which those are.
    func zippedParts(_ first: _ProxyHandle, _ second: _ProxyHandle) -> [LoopPart] {
        guard areOurs(first, second) else { return [] }
        guard let sizes = sizes(of: first, second) else {
            return first.tasks.indices.map { index in
                let counts = elementCounts(of: [Array(first.tasks[..<index]), [first.tasks[index]]])
                let others = elementCounts(of: second.tasks.map { [$0] })
                return LoopPart(
                    range: 0..<0, note: note(.zipped(counts: [], others: []), counts + others),
                    pages: [first.tasks[index]] + second.tasks, feature: .nan)
            }
        }
        var before = 0
        var next = 0
        var nextStart = 0
        return first.tasks.indices.map { index in
            let own = before..<before + sizes[0][index].count
            before = own.upperBound
            // The last page beside this one may be beside the following one, too.
            while next < sizes[1].count, nextStart + sizes[1][next].count <= own.lowerBound {
                nextStart += sizes[1][next].count
                next += 1
            }
            var end = next
            var otherEnd = nextStart
            while end < sizes[1].count, otherEnd < own.upperBound {
                otherEnd += sizes[1][end].count
                end += 1
            }
            let source = LoopNote.Source.zipped(
                counts: [own.lowerBound, own.count],
                others: [nextStart] + sizes[1][next..<end].map(\.count))
            return LoopPart(
                range: 0..<0, note: encoded(LoopNote(source: source)),
                pages: [first.tasks[index]] + second.tasks[next..<end],
                feature: Double(max(0, min(own.upperBound, otherEnd) - own.lowerBound)))
        }
    }

    func note(_ source: LoopNote.Source, _ counts: [Argument]) -> Argument {
        var head = ValueWriter()
        LoopNote(source: source).encodeHead(into: &head)
        return .sequence([.bytes(head.bytes)] + counts)
    }

    /// The numbers of elements of groups of pages, as an encoded array.
    func elementCounts(of groups: [[TaskID]]) -> [Argument] {
        [.bytes(UInt64(groups.count).encodedBytes)]
            + groups.map { tasks in
                Argument.operation(
                    .elementCount, operands: tasks.map { .output($0) }, operandType: .int,
                    resultType: .int)
            }
    }
}
