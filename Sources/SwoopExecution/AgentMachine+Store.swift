// Memory for pages: who gets it, which pages leave for the disk to make room, and what becomes of
// pages whose bytes come back wrong.

import SwoopModel

extension AgentMachine {
    // MARK: Room

    /// Answers those who wait for memory, in their order: from what is free, else from what a spill
    /// leaves. Where nothing that happens here will leave room any more, a run writes its page to
    /// the disk itself, and ends; a wish is refused only when that cannot be.
    mutating func makeRoom(into effects: inout [AgentEffect]) {
        while let first = room.waiting.first, !room.isAsking {
            let most = configuration.storeBytes
            if most > 0, first.byteCount > most, let wish = room.refuse() {
                let text = "its memory for pages has \(most) bytes in all"
                effects.append(.refuseRoom(wish.use, reason: reason(to: wish, text)))
                continue
            }
            if let wish = room.ask() {
                return effects.append(.allocate(wish.use, byteCount: wish.byteCount))
            }
            if giveUpCopies(into: &effects) { continue }
            spillForThoseWhoWait(into: &effects)
            guard room.spilling == 0, isHopeless else { return }
            if mayUseDisk, let wish = room.takeOutput() {
                return effects.append(.allocateOnDisk(wish.use, byteCount: wish.byteCount))
            }
            guard let wish = room.refuse() else { return }
            let why =
                configuration.spillTrouble ?? room.trouble?.reason ?? wish.reason
                ?? "everything in it is being read"
            effects.append(.refuseRoom(wish.use, reason: reason(to: wish, why)))
        }
    }

    /// Whether nothing goes on that could leave room: no page is being written or sent, nothing
    /// arrives, and every run that could end waits for room itself.
    private var isHopeless: Bool {
        guard room.copying.isEmpty, sending.isEmpty, workers.allSatisfy({ $0.lent.isEmpty }),
            lends.values.allSatisfy({ $0 == nil })
        else { return false }
        let waiting = room.waiting.count {
            if case .output = $0.use { true } else { false }
        }
        let processes = workers.count { $0.id != nil }
        if configuration.slots > 0, waiting >= configuration.slots * max(1, processes) {
            return true
        }
        let begun = runs.values.count { $0.state == .running || $0.state == .suspended }
        return begun <= waiting && !workers.indices.contains(where: isAboutToBegin(at:))
    }

    /// Whether a worker has the cores for the first of the runs that it has not begun; those behind
    /// it wait for that one.
    private func isAboutToBegin(at place: Int) -> Bool {
        var busy = 0
        var first: (rank: Int64, cores: Int)?
        for run in runs.values where run.worker == place && run.isWithWorker {
            let cores = Int(needs(of: run.task.spec).cores)
            if run.state == .running { busy += cores }
            guard run.state == .dispatched else { continue }
            // Of those of one rank nobody here knows the order: the widest.
            if let known = first, (known.rank, known.cores) >= (run.task.rank, cores) { continue }
            first = (run.task.rank, cores)
        }
        guard let first else { return false }
        return configuration.slots == 0 || busy == 0 || busy + first.cores <= configuration.slots
    }

    /// Whether a page that finds no memory may be written to the disk at once.
    private var mayUseDisk: Bool {
        configuration.spillTrouble == nil && room.trouble.map { $0.until <= now } ?? true
    }

    /// The run waits in its old place, for memory alone.
    mutating func missRoomOnDisk(
        for use: RoomUse, _ byteCount: Int64, _ reason: String, into effects: inout [AgentEffect]
    ) {
        room.trouble = (reason, now.advanced(by: configuration.spillPause))
        remarkOnce("memory for pages is full and \(reason)", into: &effects)
        room.restore(use, byteCount, reason: reason)
    }

    private func reason(to wish: PageRoom.Wish, _ why: String) -> String {
        let node = configuration.nodeName.isEmpty ? "the node" : "node \(configuration.nodeName)"
        return "\(node) has no room for a page of \(wish.byteCount) bytes: \(why)"
    }

    // MARK: Spill

    /// Says at once that what somebody asked for cannot be had: the memory, or the folder.
    mutating func tellStoreTrouble(into effects: inout [AgentEffect]) {
        if let reason = configuration.budgetTrouble { remarkOnce(reason, into: &effects) }
        guard configuration.isSpillFolderNamed, let reason = configuration.spillTrouble else {
            return
        }
        remarkOnce(reason, into: &effects)
    }

    /// Sends pages to the disk until those who wait will have room: first what no run of this node
    /// waits to read, of that the largest.
    private mutating func spillForThoseWhoWait(into effects: inout [AgentEffect]) {
        var missing = room.missingBytes
        guard missing > 0, maySpill(into: &effects) else { return }
        for task in spillable() where missing > 0 {
            missing -= outputs[task]?.extent.byteCount ?? 0
            spill(task, into: &effects)
        }
    }

    private mutating func maySpill(into effects: inout [AgentEffect]) -> Bool {
        if let reason = configuration.spillTrouble {
            remarkOnce("memory for pages is full and \(reason)", into: &effects)
            return false
        }
        return mayUseDisk
    }

    /// Pages that may leave memory, the best first. Those that a worker reads or writes now, or
    /// that are being sent, may not.
    private func spillable() -> [TaskID] {
        // What is compared lies side by side: there may be thousands, looked at again and again.
        var all: [(task: TaskID, bytes: Int64, isWanted: Bool)] = []
        for (task, output) in outputs
        where output.extent.medium == .memory && output.memoryReaders == 0 && !output.isSpilling
            && output.extent.byteCount > 0
        {
            all.append((task, output.extent.byteCount, output.pins > 0))
        }
        all.sort { first, second in
            if first.isWanted != second.isWanted { return second.isWanted }
            return first.bytes != second.bytes
                ? first.bytes > second.bytes : first.task < second.task
        }
        return all.map(\.task)
    }

    mutating func spilled(
        _ task: TaskID, _ from: PageExtent, _ to: PageExtent, into effects: inout [AgentEffect]
    ) {
        guard endSpill(of: task, from) else { return free(to, into: &effects) }
        room.trouble = nil
        outputs[task]?.extent = to
        if outputs[task]?.memoryReaders ?? 0 > 0 {
            outputs[task]?.leaving = from
        } else {
            free(from, into: &effects)
        }
        unpin(task, into: &effects)
    }

    /// The page stays in memory; no other one is sent there for a while.
    mutating func failSpill(
        of task: TaskID, _ extent: PageExtent, _ reason: String, into effects: inout [AgentEffect]
    ) {
        guard endSpill(of: task, extent) else { return }
        room.trouble = (reason, now.advanced(by: configuration.spillPause))
        remarkOnce("memory for pages is full and \(reason)", into: &effects)
        unpin(task, into: &effects)
    }

    private mutating func endSpill(of task: TaskID, _ extent: PageExtent) -> Bool {
        guard let output = outputs[task], output.isSpilling, output.extent == extent else {
            return false
        }
        outputs[task]?.isSpilling = false
        room.spilling -= 1
        room.spillingBytes -= extent.byteCount
        return true
    }

    private mutating func remarkOnce(_ text: String, into effects: inout [AgentEffect]) {
        guard room.remarked.insert(text).inserted else { return }
        let name = configuration.nodeName
        effects.append(.remark(name.isEmpty ? text : "node \(name): \(text)"))
    }

    // MARK: Readers

    /// Names to a run that is about to be dispatched where its inputs lie now; false: what the
    /// workers read already takes as much memory as they may keep from others.
    mutating func lendInputs(to run: inout Run, into effects: inout [AgentEffect]) -> Bool {
        guard !run.pins.isEmpty else { return true }
        if run.pageBytes == nil {
            run.pageBytes = run.inputs.reduce(0) { sum, input in
                guard case .extent(let extent)? = input?.source else { return sum }
                return sum + extent.byteCount
            }
        }
        let bytes = run.pageBytes ?? 0
        if configuration.storeBytes > 0, room.readBytes > 0,
            room.readBytes + bytes > configuration.storeBytes / 2
        {
            return false
        }
        guard !awaitsSpill(of: run, into: &effects) else { return false }
        for place in run.inputs.indices {
            guard case .extent? = run.inputs[place]?.source,
                let (extent, output) = self.place(of: run.task.inputs[place])
            else { continue }
            run.inputs[place]?.source = .extent(extent)
            guard extent.medium == .memory else { continue }
            enterMemory(of: output)
            run.memoryPins.append(output)
        }
        room.readBytes += bytes
        return true
    }

    /// Whether a run must wait until some of its inputs are on the disk.
    ///
    /// Who reads a part of an output keeps all of it in memory. A run that reads a part of each of
    /// many outputs would keep everything there, and find no room for its own: an eighth of the
    /// memory is kept from that, or what some pages for each slot take, if half has room for it.
    private mutating func awaitsSpill(of run: Run, into effects: inout [AgentEffect]) -> Bool {
        guard configuration.storeBytes > 0, mayUseDisk else { return false }
        var unread: [TaskID: Int64] = [:]
        for input in run.task.inputs {
            guard let task = input.slice?.task, let output = outputs[task],
                output.extent.medium == .memory, output.memoryReaders == 0
            else { continue }
            unread[task] = output.extent.takenBytes
        }
        let store = configuration.storeBytes
        let kept = max(store / 8, min(store / 2, Int64(configuration.slots) * Self.slotRoom))
        var excess = room.pinnedBytes + unread.values.reduce(0, +) - (store - kept)
        guard excess > 0, !unread.isEmpty else { return false }
        for (task, bytes) in unread where outputs[task]?.isSpilling == true {
            excess -= bytes
            unread[task] = nil
        }
        let order = unread.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
        for (task, bytes) in order where excess > 0 {
            spill(task, into: &effects)
            excess -= bytes
        }
        return true
    }

    /// Two pages of the usual size at most.
    private static let slotRoom: Int64 = 64 << 20

    private mutating func spill(_ task: TaskID, into effects: inout [AgentEffect]) {
        guard let extent = outputs[task]?.extent else { return }
        outputs[task]?.isSpilling = true
        pin(task)
        room.spilling += 1
        room.spillingBytes += extent.byteCount
        effects.append(.spill(task, extent))
    }

    /// A run of a worker reads its inputs no more.
    mutating func takeBackInputs(of run: Run, into effects: inout [AgentEffect]) {
        room.readBytes -= run.pageBytes ?? 0
        for output in run.memoryPins { leaveMemory(of: output, into: &effects) }
    }

    /// One more reads the output, which is in memory, there.
    mutating func enterMemory(of task: TaskID) {
        guard let output = outputs[task] else { return }
        outputs[task]?.memoryReaders += 1
        if output.memoryReaders == 0 { room.pinnedBytes += output.extent.takenBytes }
    }

    /// One less reads the output where it is, or was, in memory.
    mutating func leaveMemory(of task: TaskID, into effects: inout [AgentEffect]) {
        guard let output = outputs[task], output.memoryReaders > 0 else { return }
        outputs[task]?.memoryReaders -= 1
        guard output.memoryReaders == 1 else { return }
        room.pinnedBytes -= (output.leaving ?? output.extent).takenBytes
        guard let extent = output.leaving else { return }
        outputs[task]?.leaving = nil
        free(extent, into: &effects)
    }

    // MARK: Damage

    /// Bytes of a page that lies here on the disk are not what they were. It is forgotten, the
    /// coordinator hears that it is missing, and lineage makes it again; runs that have not begun
    /// go back, and the one that found it out will.
    mutating func damaged(
        _ task: TaskID, by reader: AttemptID?, into effects: inout [AgentEffect]
    ) {
        var task = task
        if let reader {
            // Only a run that reads it can know.
            guard let run = runs[reader], run.isWithWorker,
                run.task.inputs.contains(where: { $0.task == task })
            else {
                dropped += 1
                return
            }
            misled.insert(reader)
            let input = run.task.inputs.first { $0.task == task }
            if outputs[task] == nil, let whole = input?.slice?.task { task = whole }
        }
        guard let output = outputs[task], output.extent.medium == .disk, !output.isDamaged else {
            return
        }
        room.damagedCount += 1
        effects.append(
            .remark("a page of \(output.extent.byteCount) bytes came back wrong from the disk"))
        effects.append(.outputMissing(task))
        outputs[task]?.damaged.append(output.extent)
        let readers = runs.filter { !$0.value.isWithWorker && $0.value.pins.contains(task) }
        for attempt in readers.keys.sorted() { giveBack(attempt, into: &effects) }
        drop([task], into: &effects)
    }
}
