// Leases: ready tasks are placed on nodes, and each takes along the dependents that need nothing
// else, so that the agent can run a connected piece without a round trip between its tasks.

package import SwoopModel

/// A lease that this step makes.
package struct BegunLease: Sendable {
    package let node: NodeID
    var tasks = LeasedTasks()
}

extension Scheduler {
    mutating func grantLeases(into effects: inout [SchedulerEffect]) {
        isGranting = false
        guard !nodes.nodes.isEmpty, !ready.isEmpty else { return }
        // A share whose first task finds no core, or no node that has its program, is not looked at
        // any further, nor is a line whose first task finds no memory: however many wait, others
        // are not kept.
        nodes.refresh()
        var isPassed = shares.table.flatMap { share in
            let isThere = share.holder != .left && takesWork(of: share.program)
            return MemoryEffect.allCases.map { _ in !isThere }
        }
        var claims = CoreClaims()
        var left = max(1, configuration.turnSteps / 4)
        while let line = ready.first(
            unless: isPassed, keepsMemory: isMemoryShort, of: shares)
        {
            let program = shares[line.share].program
            guard left > 0 else {
                isGranting = true
                break
            }
            guard let entry = ready.pop(line), isStillReady(entry) else {
                left -= 1
                continue
            }
            refreshPrediction(of: entry.index)
            // Before the inputs are looked at: a task may have 100,000.
            guard hasTime(for: entry.index, of: program, beside: claims) else {
                ready.restore(entry, in: line)
                pass(line.share, in: &isPassed)
                claim(for: entry.index, of: program, in: &claims)
                continue
            }
            let demand = demand(of: entry.index)
            guard demand.effect == line.effect else {
                // More is known by now of what it leaves, or who else reads what it reads.
                ready.restore(entry, in: ReadyLine(share: line.share, effect: demand.effect))
                continue
            }
            switch choose(
                for: entry.index, of: program, demand, avoiding: claims.nodes,
                waiting: claims.programs)
            {
            case .node(let place):
                left -= 1
                shares.serve(line.share)
                assign(entry.index, to: place, piece: [])
                growPiece(from: entry.index, on: place)
                nodes.refresh()
            case .noTime:
                ready.restore(entry, in: line)
                pass(line.share, in: &isPassed)
                claim(for: entry.index, of: program, in: &claims)
            case .noMemory:
                ready.restore(entry, in: line)
                isPassed[line.place] = true
            case .never(let text):
                fail(entry.index, failure(.unmetNeeds, of: entry.index, text), into: &effects)
                nodes.refresh()
            }
        }
        flushGrants(into: &effects)
    }

    func isStillReady(_ entry: ReadyEntry) -> Bool {
        tasks.isCurrent(entry.task) && tasks[entry.index].state == .ready
    }

    /// The forecasts may have learned since the task came.
    private mutating func refreshPrediction(of index: TaskIndex) {
        tasks[index].predicted = predictedNanoseconds(of: index)
    }

    private func pass(_ share: Int, in isPassed: inout [Bool]) {
        for effect in MemoryEffect.allCases {
            isPassed[ReadyLine(share: share, effect: effect).place] = true
        }
    }

    /// Whether any node may be given tasks of the program.
    func takesWork(of program: Int) -> Bool {
        nodes.first(inGroups: { $0.mayTakeWork(of: program) }) { $0.takesWork(of: program) } != nil
    }

    /// - Parameters:
    ///   - avoided: nodes that are not to have it.
    ///   - waiting: programs ahead of whose tasks nothing is given.
    func choose(
        for index: TaskIndex, of program: Int, _ demand: TaskDemand,
        avoiding avoided: [NodeID] = [], waiting: [Int] = []
    ) -> Placement.Choice {
        let inputs = tasks.inputs(of: index).map { input in
            Placement.Input(
                byteCount: byteCount(of: input, for: index),
                locations: tasks.locations(of: input))
        }
        return Placement.choose(
            among: nodes, absent: absentNodes, program: program, demand, inputs: inputs,
            avoiding: avoided, waiting: waiting,
            configuration: configuration)
    }

    /// Adds dependents whose missing inputs all lie in the piece, as long as the node has room.
    ///
    /// One that misses more inputs than the piece has tasks is passed over before they are looked
    /// at: each of 100,000 inputs of one task asks.
    private mutating func growPiece(from index: TaskIndex, on place: Int) {
        var mayGrow = false
        tasks.forEachDependent(of: index) {
            if tasks[$0].state == .waiting, tasks[$0].unmet <= 1 { mayGrow = true }
        }
        guard mayGrow else { return }
        var piece = [index]
        var members: Set<TaskIndex> = [index]
        var next = 0
        while next < piece.count {
            let index = piece[next]
            next += 1
            for link in tasks.dependents(of: index) where tasks.isCurrent(link) {
                guard tasks[link.index].state == .waiting, !tasks[link.index].isNew,
                    tasks[link.index].unmet <= piece.count
                else { continue }
                refreshPrediction(of: link.index)
                guard canGoAlong(link.index, with: members),
                    let program = programPlace(of: link.index)
                else { continue }
                let demand = demand(of: link.index)
                guard nodes[place].takesWork(of: program),
                    nodes[place].admission(
                        of: known(demand, in: piece), missing: 0, configuration: configuration)
                        == .ahead
                else { continue }
                assign(link.index, to: place, piece: members)
                members.insert(link.index)
                piece.append(link.index)
            }
        }
    }

    /// Whether all that the task lacks is made in the piece.
    private func canGoAlong(_ index: TaskIndex, with members: Set<TaskIndex>) -> Bool {
        // Counts are put in when a task is leased: the pages must be made by then.
        tasks[index].kind == .call && tasks[index].isNeeded && !tasks.countsElements(index)
            && tasks.part(of: index) == nil && !tasks[index].isIsolated
            && !hasSetbacks(index) && !members.contains(index)
            && tasks.inputs(of: index).allSatisfy { members.contains($0) || tasks[$0].isAvailable }
    }

    /// What nobody knows goes along all the same, a few at a time: where a page goes that it reads,
    /// it is needed.
    private func known(_ demand: TaskDemand, in piece: [TaskIndex]) -> TaskDemand {
        var copy = demand
        if piece.count < configuration.unknownAlongMax { copy.effect = .harmless }
        return demand.effect == .unknown ? copy : demand
    }

    mutating func assign(_ index: TaskIndex, to place: Int, piece: Set<TaskIndex>) {
        let node = nodes[place].id
        tasks[index].attempt += 1
        change(index, to: .leased(node))
        let grant = grantPlace(of: place)
        guard !tasks.countsElements(index), tasks.part(of: index) == nil else {
            return assignInParts(index, to: node, in: grant, piece: piece)
        }
        let inputs = tasks.inputs(of: index)
        grants[grant].tasks.append(
            tasks.row(of: index), of: tasks.columns(of: index), inputCount: inputs.count,
            attempt: tasks[index].attempt, rank: tasks[index].rank,
            isIsolated: tasks[index].isIsolated)
        for input in inputs {
            let assigned = assigned(input, to: node, piece: piece)
            grants[grant].tasks.append(assigned)
        }
    }

    /// Where the lease is that this step makes for a node; begun where there is none.
    private mutating func grantPlace(of place: Int) -> Int {
        if let known = nodes[place].grant { return known }
        nodes[place].grant = grants.count
        grants.append(BegunLease(node: nodes[place].id))
        return grants.count - 1
    }

    private mutating func assigned(
        _ input: TaskIndex, to node: NodeID, piece: Set<TaskIndex>
    ) -> AssignedInput {
        AssignedInput(
            task: tasks.id(of: input),
            source: piece.contains(input) ? .pending : source(of: input, for: node),
            isShared: isCopied(input, by: node))
    }

    /// The same for a task that reads parts of pages, or counts their elements.
    private mutating func assignInParts(
        _ index: TaskIndex, to node: NodeID, in grant: Int, piece: Set<TaskIndex>
    ) {
        var spec = tasks.spec(of: index)
        let sliced = spec.part == nil ? [] : Set(spec.pages)
        // Asked once: to look at 100,000 arguments for each of them takes minutes.
        let counts = spec.countsElements
        if counts { spec = puttingInCounts(spec) }
        let read = counts ? Set(spec.inputs) : []
        let slices = takingParts(&spec)
        let whole = tasks.inputs(of: index).compactMap { input -> AssignedInput? in
            let task = tasks.id(of: input)
            if counts && !read.contains(task) || sliced.contains(task) { return nil }
            return assigned(input, to: node, piece: piece)
        }
        grants[grant].tasks.append(
            AssignedTask(
                spec: spec, attempt: tasks[index].attempt, inputs: whole + slices,
                rank: tasks[index].rank, isIsolated: tasks[index].isIsolated))
    }

    /// Replaces every count of elements by the number: the pages it counts need not be read for it.
    private func puttingInCounts(_ spec: TaskSpec) -> TaskSpec {
        var copy = spec
        copy.arguments = spec.arguments.map { argument in
            argument.puttingInCounts { task, isBefore in
                guard let pages = pages(of: task) else { return 0 }
                guard isBefore else { return pages.elementCount }
                return pages.parts.prefix(Int(spec.part ?? 0)).reduce(0) {
                    $0.addingReportingOverflow($1.elementCount).partialValue
                }
            }
        }
        return copy
    }

    private func pages(of task: TaskID) -> StoredPages? {
        tasks.index(of: task).flatMap { tasks.pages(of: $0) }
    }

    /// Bytes of an input that the task reads.
    func byteCount(of input: TaskIndex, for index: TaskIndex) -> Int64 {
        guard let part = tasks.part(of: index), let pages = tasks.pages(of: input),
            pages.parts.count > 1
        else { return tasks.byteCount(of: input) ?? 0 }
        return Int(part) < pages.parts.count ? pages.parts[Int(part)].byteCount : 0
    }

    /// Names the parts that the task reads in place of the outputs they belong to; parts without
    /// elements need not be read.
    private func takingParts(_ spec: inout TaskSpec) -> [AssignedInput] {
        guard let part = spec.part else { return [] }
        let inputs = spec.pages.map { page in
            let name = page.part(part)
            guard let index = tasks.index(of: page), let pages = pages(of: page),
                let offset = pages.offset(of: Int(part)), pages.parts[Int(part)].elementCount > 0
            else { return AssignedInput(task: name, source: .inline([])) }
            return AssignedInput(
                task: name,
                source: .stored(
                    StoredPages([pages.parts[Int(part)]]), nodes: tasks.locations(of: index)),
                slice: OutputSlice(task: page, offset: offset, wholeByteCount: pages.byteCount))
        }
        spec.pages = inputs.map(\.task)
        return inputs
    }

    private mutating func source(of input: TaskIndex, for node: NodeID) -> InputSource {
        switch tasks.stored(of: input) {
        case .inline(let bytes): .inline(bytes)
        case .page(let pages): .stored(pages, nodes: holders(of: input, for: node))
        case nil: .pending
        }
    }

    mutating func flushGrants(into effects: inout [SchedulerEffect]) {
        guard !grants.isEmpty else { return }
        for grant in grants.sorted(by: { $0.node < $1.node }) {
            let node = grant.node
            guard let place = nodes.place(of: node) else { continue }
            nodes[place].grant = nil
            leasesGranted += 1
            let known = nodes[place].knownFunctions
            nodes[place].knownFunctions = functions.count
            effects.append(
                .grantLease(
                    node,
                    Lease(
                        id: LeaseID(leasesGranted), firstFunction: UInt32(known),
                        functions: Array(functions[known...]), tasks: grant.tasks)))
        }
        grants.removeAll(keepingCapacity: true)
    }

    /// Cores that a run of the task takes.
    func cores(of index: TaskIndex) -> Int64 { max(1, Int64(needs(of: index).cores)) }
}

extension TaskSpec {
    /// Whether an argument is the number of elements of some page: known only when that page is
    /// made.
    package var countsElements: Bool { arguments.contains { $0.countsElements } }
}

extension Argument {
    fileprivate var countsElements: Bool {
        switch self {
        case .bytes, .output: false
        case .sequence(let parts): parts.contains { $0.countsElements }
        case .operation(let operation, let operands, _, _):
            operation.countsElements || operands.contains { $0.countsElements }
        }
    }

    /// - Parameter count: the number of elements of a task's output, or of its parts before the one
    ///   that is read.
    fileprivate func puttingInCounts(
        _ count: (TaskID, _ isBefore: Bool) -> Int64
    ) -> Argument {
        switch self {
        case .bytes, .output: return self
        case .sequence(let parts): return .sequence(parts.map { $0.puttingInCounts(count) })
        case .operation(let operation, let operands, _, _) where operation.countsElements:
            let sum = operands.reduce(Int64(0)) { sum, operand in
                guard case .output(let task) = operand else { return sum }
                let (next, overflow) = sum.addingReportingOverflow(
                    count(task, operation == .elementsBefore))
                return overflow ? .max : next
            }
            return .bytes(Scalar.int(sum).encoded)
        case .operation(let operation, let operands, let operandType, let resultType):
            return .operation(
                operation, operands: operands.map { $0.puttingInCounts(count) },
                operandType: operandType, resultType: resultType)
        }
    }
}
