// Loss: a node or a page is gone, and what is still needed is made again from its inputs.

import SwoopModel

extension Scheduler {
    mutating func join(
        _ node: NodeID, _ description: NodeDescription, _ program: ProgramID,
        into effects: inout [SchedulerEffect]
    ) {
        guard nodes.place(of: node) == nil else { return }
        var record = NodeRecord(id: node, description: description, lastHeard: now)
        record.set(.ready, of: programPlace(of: program))
        nodes.insert(record)
        absentNodes.removeAll { $0.name == description.name }
        hasEverHadNodes = true
        if let place = nodes.place(of: node) { prepareAll(at: place, into: &effects) }
        for index in unstoredData.keys.sorted() { storeData(index, into: &effects) }
        copyToNewNode()
    }

    /// Without a node, and with none to come back, nothing may wait for one.
    mutating func failWithoutNodes(into effects: inout [SchedulerEffect]) {
        guard configuration.failsWithoutNodes, hasEverHadNodes, nodes.nodes.isEmpty else { return }
        guard !ready.isEmpty || !retries.isEmpty || !unstoredData.isEmpty || !deferredQueue.isEmpty
        else { return }
        ready = ReadyQueue()
        failEverything("the last node is lost", &effects)
    }

    /// A node is gone: its attempts are void, its pages are missed, and what is needed is made
    /// again. Without a reason it left as it was wanted to: nobody need be told.
    mutating func lose(
        _ node: NodeID, reason: String?, into effects: inout [SchedulerEffect]
    ) {
        guard let place = nodes.place(of: node) else { return }
        let name = nodes[place].description.name
        // Links: what follows forgets records, and rounds of loops take their places.
        let held = held(at: place)
        let heldBy = Dictionary(
            held.map { (tasks.client(of: $0.index), 1) }, uniquingKeysWith: +)
        for task in held { takeBack(task.index) }
        let moved = pages(at: place)
        for task in moved { removeLocation(node, of: task.index) }
        for task in nodes[place].reading where tasks.isCurrent(task) {
            forgetReader(node, of: task.index)
        }
        // Of what is on no node any more those that read it may have been ready.
        let readers = tasks.each(of: moved.flatMap { tasks.dependents(of: $0.index) }) { _ in true }
        let description = nodes[place].description
        nodes.remove(at: place)
        loseLends(on: node)
        forgetCopies(to: node)
        forgetKeptCopies(to: node)
        if nodes.nodes.isEmpty && configuration.failsWithoutNodes {
            let reason = reason ?? "it was taken away"
            remarkToAll("node \(name) is lost: \(reason). It was the last one.", into: &effects)
            return failEverything(
                "node \(name) is lost (\(reason)) and it was the last one", &effects)
        }
        if !configuration.failsWithoutNodes, reason != nil { absentNodes.append(description) }
        for task in held where isOpen(task) {
            tasks[extra: task.index].losses += 1
            guard tasks[extra: task.index].losses > configuration.lossesMax else { continue }
            let text = "it was lost with its node \(tasks[extra: task.index].losses) times"
            fail(task.index, failure(.lost, of: task.index, text), into: &effects)
        }
        for index in unstoredData.keys.sorted() {
            storeElsewhere(than: node, index, into: &effects)
        }
        let left = moved.filter { tasks.isCurrent($0) }.map(\.index)
        let again = makeAgainIfLost(left, into: &effects)
        if !kept.isEmpty {
            for index in left where tasks.contains(index) { wantCopy(of: index) }
        }
        for task in held + readers where tasks.isCurrent(task) {
            settleInputs(of: task.index, into: &effects)
        }
        // Whoever waits for bytes that are elsewhere as well gets them from there.
        for task in moved where tasks.isCurrent(task) && tasks[task.index].isAvailable {
            for name in tasks[extra: task.index].wantedNames {
                send(task.index, named: name, into: &effects)
            }
        }
        guard let reason else { return }
        for client in clients {
            let (runs, pages) = (heldBy[client.id] ?? 0, again[client.id] ?? 0)
            var text = "node \(name) is lost: \(reason)."
            if runs + pages > 0 {
                text += " \(runs) tasks that it held are run again, \(pages) pages are made again."
            }
            effects.append(.notify(client.id, .remark(text)))
        }
    }

    /// Whether the task is still in the table and has not failed.
    private func isOpen(_ task: TaskLink) -> Bool {
        tasks.isCurrent(task) && !tasks[task.index].state.isFinal
    }

    func remarkToAll(_ text: String, into effects: inout [SchedulerEffect]) {
        for client in clients { effects.append(.notify(client.id, .remark(text))) }
    }

    private mutating func failEverything(_ reason: String, _ effects: inout [SchedulerEffect]) {
        for task in tasks.links where isOpen(task) {
            let index = task.index
            let record = tasks[index]
            if record.isAvailable { continue }
            if record.state == .done && !record.isNeeded { continue }
            fail(index, failure(.lost, of: index, reason), into: &effects)
        }
    }

    /// A page is not where it was thought to be.
    mutating func missed(
        _ task: TaskID, on node: NodeID, into effects: inout [SchedulerEffect]
    ) {
        hear(node)
        guard let index = tasks.index(of: task) else { return }
        forgetReader(node, of: index)
        // Who has only copied it tells when the copy is gone, too.
        guard tasks.locations(of: index).contains(node) else { return }
        removeLocation(node, of: index)
        if tasks[index].isAvailable {
            wantCopy(of: index)
            for name in tasks[extra: index].wantedNames { send(index, named: name, into: &effects) }
            return
        }
        makeAgainIfLost([index], missed: index, into: &effects)
        guard tasks.contains(index) else { return }
        for link in tasks.dependents(of: index) where tasks.isCurrent(link) {
            settleInputs(of: link.index, into: &effects)
        }
    }

    /// Takes note of a page that is gone on its way: while its client waits for the bytes, or since
    /// its node did not have it when it was asked for. True when that has happened too often.
    private mutating func isLostTooOften(_ index: TaskIndex, isMissed: Bool) -> Bool {
        guard isMissed || tasks[index].isWanted else { return false }
        tasks[extra: index].pagesLost += 1
        return tasks[extra: index].pagesLost > configuration.lossesMax
    }

    private mutating func failOnItsWay(_ index: TaskIndex, into effects: inout [SchedulerEffect]) {
        let what = tasks[index].kind == .data ? "its page" : "its output"
        var text =
            "\(what) of \(tasks.byteCount(of: index) ?? 0) bytes was lost "
            + "\(configuration.lossesMax) times on its way to "
        text +=
            !tasks[index].isWanted
            ? "those that read it; see what is wrong with the disks of its nodes"
            : "the program; fetch less at a time, or see why its nodes are lost"
        fail(index, failure(.lost, of: index, text), into: &effects)
    }

    /// Sends every needed, done record whose output is gone back to waiting, and so on up its
    /// lineage; answers with their number for each client.
    ///
    /// - Parameter missed: the record whose page its node did not have when it was asked for.
    @discardableResult
    mutating func makeAgainIfLost(
        _ candidates: [TaskIndex], missed: TaskIndex? = nil, into effects: inout [SchedulerEffect]
    ) -> [ClientID: Int] {
        var work = candidates
        var again: [TaskLink] = []
        while let index = work.popLast() {
            guard tasks.contains(index) else { continue }
            let record = tasks[index]
            guard record.state == .done, !record.isAvailable,
                record.isNeeded || record.isWanted
            else { continue }
            switch record.kind {
            case .data where deferredData[index] != nil:
                if isLostTooOften(index, isMissed: index == missed) {
                    failOnItsWay(index, into: &effects)
                } else {
                    deferAgain(index)
                }
            case .data:
                let isKept = tasks[index].isKept
                let text =
                    isKept
                    ? "it was kept, and every node that had it is lost"
                    : "every node that stored it is lost"
                fail(
                    index, failure(isKept ? .notKept : .lost, of: index, text), into: &effects)
            case .iteration:
                work.append(contentsOf: tasks.inputs(of: index))
            case .call where isLostTooOften(index, isMissed: index == missed):
                failOnItsWay(index, into: &effects)
            case .call:
                change(index, to: .waiting)
                tasks.store(nil, of: index)
                tasks[index].isRemade = true
                again.append(tasks.link(to: index))
                work.append(contentsOf: tasks.inputs(of: index))
            }
        }
        let counts = Dictionary(
            again.map { (tasks.client(of: $0.index), 1) }, uniquingKeysWith: +)
        for task in again where tasks.isCurrent(task) {
            settleInputs(of: task.index, into: &effects)
        }
        return counts
    }
}
