// How a reduction by key becomes tasks where the groups may be more than one run has memory for: a
// sample of every part, cuts of all samples, every part's groups cut by them, and the answers of
// one stretch of the keys after the other, each from all parts. The cuts change nothing in the
// answers: the tree of a key follows from the source alone.

import SwoopElements
import SwoopModel
import Synchronization

extension PlanRecording {
    /// Groups of more text than this, if all of it were keys, would take too long in one run.
    private static let tableBytesMax = 512 << 20
    /// About how many bytes an element of a range takes.
    private static let elementBytes = 32
    /// Runs for each core over the pages of groups that are divided by hash.
    private static let dividedPartsOfCore = 2
    /// More stretches than this make more tasks' inputs than they save memory.
    private static let stretchesMax = 1_000

    /// Text, or about as many bytes of elements, whose groups fit into one table of this cluster.
    private var tableByteCount: Int { min(Self.tableBytesMax, session.slotByteCount / 8) }

    /// Whether a range has more elements than one table may hold: its parts are then as small as
    /// those that are kept.
    func mayExceedTable(_ source: _LoopSpec.Source) -> Bool {
        guard case .range(let count) = source else { return false }
        return count > tableByteCount / Self.elementBytes
    }

    /// Whether pages, whose sizes nobody knows yet, may have more than one table holds: nothing is
    /// cut into more of them than cores need, unless it is large.
    private func mayExceedTable(pages: Int) -> Bool {
        let (bytes, overflow) = pages.multipliedReportingOverflow(by: session.partByteCountMax)
        guard !overflow, bytes > tableByteCount else { return overflow }
        return pages > Self.partsOfCore * session.coreCount || bytes > session.slotByteCount
    }

    /// Whether the pages of an array may have more than one table holds; known of those that are
    /// made.
    private func mayExceedTable(_ handle: _ProxyHandle) -> Bool {
        guard let sizes = sizes(of: handle)?[0] else {
            return mayExceedTable(pages: handle.tasks.count)
        }
        var bytes = 0
        for size in sizes {
            let own = max(size.byteCount, size.count.multipliedClamped(by: Self.elementBytes))
            bytes = bytes.addingClamped(own)
            if bytes > tableByteCount { return true }
        }
        return false
    }

    /// How many runs are to share the groups of a loop over these parts; 1: they fit into one.
    func stretches(of parts: [LoopPart], over source: _LoopSpec.Source) -> Int {
        let isMuch =
            switch source {
            case .range: mayExceedTable(source)
            case .text, .csv: parts.map(\.range.count).clampedSum > tableByteCount
            case .pages(let handle), .wholePages(let handle), .zipped(let handle, _):
                mayExceedTable(handle)
            case .joined(let join): mayExceedTable(join.left)
            case .shuffled: mayExceedTable(pages: parts.count)
            }
        return isMuch ? max(1, min(Self.stretchesMax, parts.count)) : 1
    }

    /// Adds the tasks of a reduction that is divided by key; its answer is a page for each stretch.
    func reduceByKey(
        _ loop: _LoopSpec, _ parts: [LoopPart], _ stretches: Int, _ reduction: _LoopSpec.Reduction,
        _ steps: _LoopSpec.KeySteps
    ) -> _ProxyHandle {
        let (fields, keptFields) = hoisted(loop.fields)
        let code = loop.fields.code
        let sample = place(of: steps.sample, name: "\(loop.name) (sample)", code: code)
        let samples = parts.map { part in
            addPart(part, function: sample, fields: fields, output: .value)
        }
        let cuts = add(
            function: place(
                of: steps.cuts, name: "\(loop.name) (cuts)", code: code, runsSteps: false),
            arguments: [.bytes(stretches.encodedBytes), encoded(LoopNote(source: .none))]
                + samples.map { .output($0) },
            features: [Double(samples.count)])
        let partition = place(of: steps.partition, name: "\(loop.name) (partition)", code: code)
        let maps = parts.map { part in
            addPart(
                part, function: partition,
                fields: .sequence([fields, .bytes(stretches.encodedBytes), cuts.argument]),
                output: .page)
        }
        withExtendedLifetime((cuts, keptFields)) {}
        return answers(of: maps, stretches, reduction, of: loop)
    }

    /// Adds the tasks of a reduction whose kernel divides it itself; its answer is a page for each
    /// part of the hashes of its keys.
    func reduceDivided(_ loop: _LoopSpec, by reduction: _LoopSpec.Reduction) -> _ProxyHandle {
        // Each run has a table of its own, whose groups are joined once more: large runs, few of
        // them.
        let parts = parts(
            of: loop.source, leafWidth: loop.leafWidth, areKept: mayExceedTable(loop.source),
            ofCore: Self.dividedPartsOfCore)
        // How many there are changes nothing in the answers, nor in their order.
        let wanted = max(parts.count, session.coreCount * Self.partsOfCore)
        let count = parts.count > 1 ? min(Self.stretchesMax, wanted) : 1
        let (fields, keptFields) = hoisted(loop.fields)
        let function = place(of: loop.kernel, name: loop.name, code: loop.fields.code)
        let maps = parts.map { part in
            addPart(
                part, function: function,
                fields: .sequence([fields, .bytes(count.encodedBytes)]), output: .page)
        }
        withExtendedLifetime(keptFields) {}
        return answers(of: maps, count, reduction, of: loop)
    }

    /// Adds a task for each of the pages that every part of a loop has made, which answers it.
    private func answers(
        of maps: [TaskID], _ count: Int, _ reduction: _LoopSpec.Reduction, of loop: _LoopSpec
    ) -> _ProxyHandle {
        let answer = place(
            of: reduction.answer, name: "\(loop.name) (answer)", code: loop.fields.code,
            runsSteps: false)
        let note = encoded(LoopNote(source: .merged(counted: 0, start: 0)))
        let answers = (0..<count).map { part in
            addPart(
                LoopPart(range: 0..<0, note: note, pages: maps, part: UInt32(part), feature: .nan),
                function: answer, fields: argument(of: reduction.fields), output: .page)
        }
        state.withLock { state in for answer in answers { state.alive[answer] = 0 } }
        return _ProxyHandle(self, tasks: answers)
    }
}
