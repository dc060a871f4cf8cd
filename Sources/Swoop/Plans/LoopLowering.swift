// How a terminal operation of a chain becomes tasks: parts of the source, one task each, steps that
// combine their partial results, and one that makes the answer. No chunk size is asked of anybody:
// the parts follow from the source and the cores, and results do not depend on them.

import CSwoopSystem
import SwoopElements
import SwoopModel
import Synchronization

/// One part of a source.
struct LoopPart {
    var range: Range<Int>
    var note: Argument
    var pages: [TaskID] = []
    /// Which part of the pages' outputs it reads; nil: all.
    var part: UInt32?
    /// What the kernel gets as arguments, behind its fields and its note.
    var arguments: [Argument] = []
    var feature: Double
    /// Holds what was stored for the part until its task is recorded.
    private(set) var kept: [_ProxyHandle] = []

    /// Reads the page that was stored for the part.
    mutating func keep(_ handle: _ProxyHandle) {
        pages = handle.tasks
        kept.append(handle)
    }

    /// Holds what the arguments name until the part's task is recorded.
    mutating func hold(_ handle: _ProxyHandle) { kept.append(handle) }
}

extension PlanRecording: _LoopRecorder {
    /// Adds the loop's tasks.
    func _record(_ loop: _LoopSpec) -> _ProxyHandle {
        if let reduction = loop.reduction, reduction.isDivided {
            return reduceDivided(loop, by: reduction)
        }
        if let reduction = loop.reduction, let steps = reduction.byKey {
            let parts = parts(
                of: loop.source, leafWidth: loop.leafWidth, areKept: mayExceedTable(loop.source))
            let stretches = stretches(of: parts, over: loop.source)
            if stretches > 1 { return reduceByKey(loop, parts, stretches, reduction, steps) }
            return reduce(partTasks(of: loop, over: parts), by: reduction, of: loop)
        }
        let parts = partTasks(of: loop)
        guard let reduction = loop.reduction else {
            state.withLock { state in for part in parts { state.alive[part] = 0 } }
            return _ProxyHandle(self, tasks: parts)
        }
        return reduce(parts, by: reduction, of: loop)
    }

    /// Adds a task for each part of the loop's source.
    ///
    /// - Parameter known: the parts, where they were made before.
    func partTasks(of loop: _LoopSpec, over known: [LoopPart]? = nil) -> [TaskID] {
        let (sharedFields, keptFields) = hoisted(loop.fields)
        let function = place(of: loop.kernel, name: loop.name, code: loop.fields.code)
        let isPage = loop.reduction == nil && loop.pageLayout != nil
        var parts: [TaskID] = []
        let all =
            known
            ?? self.parts(
                of: loop.source, leafWidth: loop.leafWidth, areKept: isPage,
                positionByteCount: loop.positionByteCount)
        for (number, part) in all.enumerated() {
            parts.append(
                addPart(
                    part, function: function, fields: sharedFields,
                    last: loop.numbersParts ? [.bytes(number.encodedBytes)] : [],
                    output: isPage ? .page : .value))
        }
        _ = keptFields
        return parts
    }

    /// Adds the task of one part of a source.
    ///
    /// - Parameter last: arguments behind the part's own.
    func addPart(
        _ part: LoopPart, function: FunctionIndex, fields: Argument, last: [Argument] = [],
        output: OutputKind
    ) -> TaskID {
        let task = session.newTask()
        let spec = TaskSpec(
            id: task, function: function, arguments: [fields, part.note] + part.arguments + last,
            pages: part.pages, part: part.part, lower: Int64(part.range.lowerBound),
            upper: Int64(part.range.upperBound), output: output, features: [part.feature])
        state.withLock { $0.part.tasks.append(spec) }
        return task
    }

    /// The parts of a source, in order.
    ///
    /// - Parameters:
    ///   - areKept: what comes of a part is kept in a page.
    ///   - positionByteCount: bytes that each position leaves there; nil if unknown.
    ///   - ofCore: how many there should be for each core where pages are taken several at a time.
    func parts(
        of source: _LoopSpec.Source, leafWidth: Int, areKept: Bool, positionByteCount: Int? = nil,
        ofCore: Int = PlanRecording.partsOfCore
    ) -> [LoopPart] {
        switch source {
        case .range(let count):
            let note = LoopNote(source: .range, sourceEnd: count)
            let known = positionByteCount.map { session.partByteCountMax / max(1, $0) }
            let most = areKept ? known ?? Self.keptElementsMax : .max
            return split(
                count, leafWidth: leafWidth, least: 1, most: most,
                named: "a range of \(count) integers"
            ).map {
                LoopPart(range: $0, note: encoded(note), feature: Double($0.count))
            }
        case .shuffled(let shuffle): return mergedParts(shuffle)
        case .pages(let handle): return pageParts(handle, areKept: areKept, ofCore: ofCore)
        case .wholePages(let handle): return wholePageParts(handle)
        case .zipped(let first, let second): return zippedParts(first, second)
        case .joined(let join): return joinedParts(join)
        case .text(let files, let reading, let lookBehind, let firstBegin):
            return textParts(
                files, reading: reading, lookBehind: lookBehind, leafWidth: leafWidth,
                firstBegin: firstBegin)
        case .csv(let files): return csvParts(files, leafWidth: leafWidth)
        }
    }

    /// Elements of a range that are kept in one page at most, if their size is unknown: eight
    /// leaves.
    private static let keptElementsMax = 8 << 16

    /// Parts of a source for each core, so that the last ones even out.
    static let partsOfCore = 8

    /// Cuts `0..<count`: eight parts a core, so that the last ones even out; at leaves where there
    /// are so many, else anywhere; more where one would hold more than `most` positions.
    ///
    /// - Parameter name: what is cut, for the error where it would be too many parts.
    func split(
        _ count: Int, leafWidth: Int, least: Int, most: Int = .max, named name: String
    ) -> [Range<Int>] {
        guard count > 0 else { return [0..<0] }
        // Cuts move by half a leaf at most.
        let most = max(1, most > 2 * leafWidth ? most - leafWidth : most)
        let needed = count.pieces(of: most)
        guard needed <= Self.partsMax else {
            _refuse(
                "\(name) would be \(needed) parts, and \(Self.partsMax) are the most",
                advice: "Use a smaller one, or make several plans.")
            return [0..<0]
        }
        let wanted = max(needed, min(session.coreCount * Self.partsOfCore, count / max(1, least)))
        let areLeaves = count.pieces(of: leafWidth) >= wanted
        var cuts: [Int] = []
        for index in 0..<wanted {
            let cut = wanted.dividingFullWidth(count.multipliedFullWidth(by: index)).quotient
            cuts.append(
                areLeaves ? cut.addingClamped(leafWidth / 2) / leafWidth * leafWidth : cut)
        }
        cuts.append(count)
        return zip(cuts, cuts.dropFirst()).compactMap { $0 < $1 ? $0..<min($1, count) : nil }
    }

    /// Parts of one source at most: each is a task, and a million of them take some 500 MB here.
    static let partsMax = 1 << 20

    func encoded(_ note: LoopNote) -> Argument {
        var writer = ValueWriter()
        note.encode(into: &writer)
        return .bytes(writer.bytes)
    }

    /// Combines partial results, some dozens at a time, and makes the answer of what is left.
    func reduce(
        _ partials: [TaskID], by reduction: _LoopSpec.Reduction, of loop: _LoopSpec
    ) -> _ProxyHandle {
        let fields = argument(of: reduction.fields)
        let note = encoded(LoopNote(source: .none))
        var level = partials
        let combine = place(
            of: reduction.combine, name: "\(loop.name) (combine)", code: loop.fields.code,
            runsSteps: false)
        while level.count > Self.fanIn {
            level = stride(from: 0, to: level.count, by: Self.fanIn).map { start in
                let group = level[start..<min(start + Self.fanIn, level.count)]
                let task = session.newTask()
                let spec = TaskSpec(
                    id: task, function: combine,
                    arguments: [fields, note] + group.map { .output($0) },
                    features: [Double(group.count)])
                state.withLock { $0.part.tasks.append(spec) }
                return task
            }
        }
        return add(
            function: place(
                of: reduction.answer, name: "\(loop.name) (answer)", code: loop.fields.code,
                runsSteps: false),
            arguments: [fields, note] + level.map { .output($0) },
            features: [Double(level.count)], output: loop.pageLayout == nil ? .value : .page)
    }

    static let fanIn = 32

    /// The program's name: two programs' loops may read the same and do something else.
    private static let program = String(
        CommandLine.arguments.first?.split(separator: "/").last ?? "program")

    // MARK: Names of kernels

    /// Stands for code of Swoop's alone: what is learned of it serves all programs.
    static let ownCode: UInt64 = 1

    /// - Parameters:
    ///   - code: what stands for the code of those functions (`ValueWriter.code`); 0: there are
    ///     none.
    ///   - runsSteps: whether the kernel calls the functions that its name has.
    func place(
        of kernel: _KernelHandle, name: String, code fingerprint: UInt64, runsSteps: Bool = true
    ) -> FunctionIndex {
        guard let reference = kernel.reference else {
            fail(
                SwoopError(
                    .invalidPlan, "the loop \(name) has a type that other processes cannot find",
                    advice: "Move its functions and records to file level."))
            return FunctionIndex(.max)
        }
        let code: CodeReference
        let isOptimised: Bool
        switch reference {
        case .code(let address):
            var image = unsafe swoop_image()
            let isFound = unsafe swoop_image_of(UInt64(address), &image) == 1
            let path = unsafe image.path.map { unsafe String(cString: $0) } ?? ""
            code = unsafe .code(
                image: isFound ? path : "?", offset: UInt64(address) &- image.load_offset)
            isOptimised = true
        case .type(let type):
            var image = unsafe swoop_image()
            _ = unsafe swoop_image_main(&image)
            code = unsafe .type(mangledName: type.travelling(subtract: UInt(image.load_offset)))
            isOptimised = false
        }
        return place(
            of: FunctionSpec(
                identity: "\(Self.program):\(name)", name: name, fingerprint: fingerprint,
                code: code, isOptimised: isOptimised && isOptimisedBuild, isAsync: false,
                needs: runsSteps ? TaskNeeds(ofLoop: name) : TaskNeeds()))
    }
}
