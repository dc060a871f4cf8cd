// Data that is kept by name when the client that made it has gone. Once its outputs are there their
// lineage is cut, since who could make them again may be gone tomorrow: from then on they are data,
// on two nodes where there are two (KeptCopies.swift), and stay until somebody frees the name.

package import SwoopModel

/// Something that is kept, or about to be.
package struct KeptRecord: Sendable {
    /// How far it is.
    package enum Stage: Equatable, Sendable {
        /// Its outputs are to be there: one may have been lost since its client asked. Can become:
        /// copying; or it is refused.
        case making
        /// Each of its pages is to be on a second node. Can become: kept; or it is refused.
        case copying
        /// Can become: lost; or it is freed.
        case kept
        /// No node has some page of it any more, for this reason. Final, until it is freed.
        case lost(String)
    }

    package let id: KeptID
    package let name: String
    package let type: KeptType
    /// The program that wants it kept.
    package let program: String
    /// Who waits for an answer, and under which number.
    package let client: ClientID
    package let number: UInt64
    package let replaces: Bool
    /// The tasks whose outputs these are, in their order; none of what is lost.
    package var tasks: [TaskID]
    package var stage = Stage.making
    /// Pages of which a copy is to be made, or under way.
    package var copiesLeft = 0
    /// When it came to be kept.
    package var keptAt = Timestamp(nanoseconds: 0)

    /// Whether its client waits.
    package var isPending: Bool { stage == .making || stage == .copying }

    /// Whether programs can read it.
    package var isReadable: Bool { stage == .kept }
}

extension Scheduler {
    /// Names that are kept at most: every client is told of all of them.
    static let keptMax = 1_024

    // MARK: Keeping

    /// A client wants the outputs of some tasks of its to be kept.
    mutating func keep(
        _ wish: KeepWish, of client: ClientID, program: String,
        into effects: inout [SchedulerEffect]
    ) {
        guard clientPlace(client) != nil else { return reject(.unknownClient, into: &effects) }
        if let problem = problem(of: wish) {
            return answer(wish.number, of: client, refusal: problem, into: &effects)
        }
        var finals: [TaskID] = []
        for task in wish.tasks {
            let final = finalTask(ofLoop: task) ?? task
            guard let named = tasks.index(of: task), tasks.client(of: named) == client,
                tasks[named].isHeld, let index = tasks.index(of: final),
                tasks[index].kind != .iteration
            else {
                let text = "\(wish.name): it was released before it was kept, or is not made yet"
                return answer(wish.number, of: client, refusal: text, into: &effects)
            }
            if let failure = failures[index] {
                let text = "\(wish.name): \(failure.message)"
                return answer(wish.number, of: client, refusal: text, into: &effects)
            }
            finals.append(final)
        }
        keptMade += 1
        kept.append(
            KeptRecord(
                id: KeptID(keptMade), name: wish.name, type: wish.type, program: program,
                client: client, number: wish.number, replaces: wish.replaces, tasks: finals))
        for task in finals {
            guard let index = tasks.index(of: task) else { continue }
            tasks[extra: index].keepers += 1
        }
    }

    /// Why the request cannot be granted; nil: it can.
    private func problem(of wish: KeepWish) -> String? {
        if let problem = KeptName.problem(of: wish.name) { return problem }
        if !wish.replaces, let taken = kept.first(where: { $0.name == wish.name }),
            taken.isPending || taken.isReadable
        {
            return taken.isPending
                ? "\(wish.name) is being kept by another program just now"
                : taken.words + ": pass `replacing: true`, or free it first "
                    + "(`swoop data free \(wish.name)`)"
        }
        guard kept.count < Self.keptMax else {
            return "\(kept.count) names are kept already: free some (`swoop data free NAME`)"
        }
        return nil
    }

    /// Goes on with what is being kept, and with what was lost.
    mutating func settleKept(into effects: inout [SchedulerEffect]) {
        guard !kept.isEmpty else {
            lostOutputs = []
            return
        }
        settleLosses(into: &effects)
        for id in kept.filter({ $0.stage == .making }).map(\.id) { settle(id, into: &effects) }
        copyKept(into: &effects)
        for id in kept.filter({ $0.stage == .copying && $0.copiesLeft == 0 }).map(\.id) {
            finishKeeping(id, into: &effects)
        }
    }

    /// Once all outputs are there they have no lineage any more.
    private mutating func settle(_ id: KeptID, into effects: inout [SchedulerEffect]) {
        guard let place = keptPlace(id) else { return }
        let indices = kept[place].tasks.compactMap { tasks.index(of: $0) }
        guard indices.allSatisfy({ tasks[$0].isAvailable }) else { return }
        kept[place].stage = .copying
        for task in kept[place].tasks {
            // Cutting one may free others, but none that is kept.
            guard let index = tasks.index(of: task) else { continue }
            cutLineage(of: index, into: &effects)
            wantCopy(of: index, for: id)
        }
    }

    /// Makes data of an output: what it was made of may go, and it is never made again.
    private mutating func cutLineage(
        of index: TaskIndex, into effects: inout [SchedulerEffect]
    ) {
        if deferredData[index] != nil {
            effects.append(
                .notify(tasks.client(of: index), .dataSettled(tasks.id(of: index))))
            forgetDeferred(index)
        }
        guard tasks[index].kind == .call else { return }
        let inputs = tasks.inputs(of: index)
        unlink(index)
        tasks.makeData(of: index)
        for input in inputs { discardIfUnneeded(input, into: &effects) }
    }

    /// It is kept now, and takes the place of what had the name.
    private mutating func finishKeeping(_ id: KeptID, into effects: inout [SchedulerEffect]) {
        guard let place = keptPlace(id) else { return }
        let record = kept[place]
        for other in kept where other.name == record.name && other.id != id && !other.isPending {
            if other.isReadable && !record.replaces {
                let text = other.words + ": pass `replacing: true`"
                return refuse(id, text, into: &effects)
            }
            endKeeping(other.id, into: &effects)
        }
        guard let place = keptPlace(id) else { return }
        kept[place].stage = .kept
        kept[place].keptAt = now
        effects.append(.tellKept)
        answer(record.number, of: record.client, refusal: "", into: &effects)
    }

    /// A client wants nothing more of what is kept under these names: of all, or of none.
    mutating func freeKept(
        _ names: [String], number: UInt64, of client: ClientID,
        into effects: inout [SchedulerEffect]
    ) {
        let ended = kept.filter { !$0.isPending && names.contains($0.name) }
        if let unknown = names.first(where: { name in !ended.contains { $0.name == name } }) {
            let known = kept.filter { !$0.isPending }.map(\.name).ordered()
            let text = KeptState.absence(of: unknown, among: known)
            return answer(number, of: client, refusal: text, into: &effects)
        }
        for record in ended { endKeeping(record.id, into: &effects) }
        if !ended.isEmpty { effects.append(.tellKept) }
        answer(number, of: client, refusal: "", into: &effects)
    }

    /// A client has gone: what it did not hear of as kept is not kept.
    mutating func abandonKeeping(of client: ClientID, into effects: inout [SchedulerEffect]) {
        for record in kept where record.client == client && record.isPending {
            endKeeping(record.id, into: &effects)
        }
    }

    private mutating func answer(
        _ number: UInt64, of client: ClientID, refusal: String,
        into effects: inout [SchedulerEffect]
    ) {
        effects.append(.settleKeeping(client, number: number, refusal: refusal))
    }

    private mutating func refuse(
        _ id: KeptID, _ reason: String, into effects: inout [SchedulerEffect]
    ) {
        guard let place = keptPlace(id) else { return }
        let record = kept[place]
        endKeeping(id, into: &effects)
        answer(record.number, of: record.client, refusal: reason, into: &effects)
    }

    /// Forgets the name; who reads the pages still keeps them.
    private mutating func endKeeping(_ id: KeptID, into effects: inout [SchedulerEffect]) {
        guard let place = keptPlace(id) else { return }
        let record = kept.remove(at: place)
        letGo(of: record.tasks, into: &effects)
    }

    private mutating func letGo(
        of outputs: [TaskID], into effects: inout [SchedulerEffect]
    ) {
        for task in outputs {
            guard let index = tasks.index(of: task) else { continue }
            tasks[extra: index].keepers -= 1
            discardIfUnneeded(index, into: &effects)
        }
    }

    func keptPlace(_ id: KeptID) -> Int? { kept.firstIndex { $0.id == id } }

    // MARK: Loss

    /// Takes note of a kept output that failed: nobody has it any more.
    mutating func noteLoss(of index: TaskIndex) {
        if tasks[index].isKept { lostOutputs.append(tasks.id(of: index)) }
    }

    private mutating func settleLosses(into effects: inout [SchedulerEffect]) {
        guard !lostOutputs.isEmpty else { return }
        let lost = Set(lostOutputs)
        lostOutputs = []
        var isNews = false
        for record in kept where record.tasks.contains(where: lost.contains) {
            let gone = record.tasks.filter(lost.contains)
            let first = gone.first.flatMap { tasks.index(of: $0) }.flatMap { failures[$0] }
            let reason = first?.message ?? "it is lost"
            guard let place = keptPlace(record.id) else { continue }
            if record.isPending {
                refuse(record.id, "\(record.name): \(reason)", into: &effects)
                continue
            }
            let what = record.type.isArray ? "some page of it" : "it"
            kept[place].stage = .lost("every node that had \(what) is lost")
            kept[place].tasks = []
            letGo(of: record.tasks, into: &effects)
            isNews = true
            let part =
                record.type.isArray ? "\(gone.count) of its \(record.tasks.count) pages" : "it"
            remarkToAll(
                "the kept data \(record.name) is lost: no other node had \(part). Keep it anew, or "
                    + "forget it (`swoop data free \(record.name)`).", into: &effects)
        }
        if isNews { effects.append(.tellKept) }
    }

    // MARK: Reading

    /// Names of a client's for the outputs of something that is kept: each stands for its output
    /// as the end of a loop does, and keeps it as long as the client holds the name.
    mutating func addUse(
        _ use: KeptUse, of client: ClientID, into effects: inout [SchedulerEffect]
    ) -> [TaskIndex] {
        let record = kept.first { $0.id == use.kept && $0.isReadable }
        let isWhole = record?.tasks.count == use.tasks.count
        var added: [TaskIndex] = []
        for (place, task) in use.tasks.enumerated() {
            guard tasks.index(of: task) == nil else {
                reject(.repeatedTask, into: &effects)
                continue
            }
            let stand = TaskSpec(id: task, function: FunctionIndex(.max), output: use.output)
            let part = tasks.add([stand], of: client)
            guard let record, isWhole, let output = tasks.index(of: record.tasks[place]) else {
                let index = enter(.data, part: part, row: 0)
                added.append(index)
                let text = "what was kept under its name was freed, lost or replaced since"
                setFailed(index, failure(.notKept, of: index, text))
                continue
            }
            let index = enter(.iteration, part: part, row: 0)
            added.append(index)
            hasLoops = true
            _ = link(index, to: [record.tasks[place]])
            change(index, to: .done)
            tasks.store(tasks.stored(of: output), of: index)
        }
        return added
    }

    /// What is kept, as it is told: in the order of the names.
    package var keptStates: [KeptState] {
        kept.filter { !$0.isPending }.ordered { $0.name < $1.name }.map(state)
    }

    private func state(of record: KeptRecord) -> KeptState {
        var places: [NodeID: KeptPlace] = [:]
        var sizes: [KeptSize] = []
        for task in record.tasks {
            guard let index = tasks.index(of: task), let stored = tasks.stored(of: index) else {
                continue
            }
            var elements: Int64 = 1
            if case .page(let pages) = stored { elements = pages.elementCount }
            sizes.append(KeptSize(byteCount: stored.byteCount, elementCount: elements))
            for node in tasks.locations(of: index) {
                guard let place = nodes.place(of: node) else { continue }
                let name = nodes[place].description.name
                var known = places[node] ?? KeptPlace(node: name, pages: 0, byteCount: 0)
                known.pages += 1
                known.byteCount = known.byteCount.addingClamped(stored.byteCount)
                places[node] = known
            }
        }
        var state = KeptState(
            id: record.id, name: record.name, type: record.type, sizes: sizes,
            places: places.keys.ordered().compactMap { places[$0] },
            age: now.since(record.keptAt), program: record.program)
        if case .lost(let reason) = record.stage { state.loss = reason }
        return state
    }
}

extension KeptRecord {
    /// That the name is taken, and by whom.
    fileprivate var words: String {
        "\(name) is kept already" + (program.isEmpty ? "" : ", by \(program)")
            + ", as \(type.words)"
    }
}
