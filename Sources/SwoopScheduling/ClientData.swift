// Data that clients bring: it has no lineage, so it is on two nodes, where there are two, before it
// counts as stored.

package import SwoopModel

/// Client data that is not stored yet. The bytes are kept so long: whatever node is lost meanwhile,
/// another one gets them.
package struct UnstoredData: Sendable {
    package var bytes: [UInt8]
    /// Nodes that it is to be on.
    package var copies: Int
    /// Nodes that were told to store it and have not answered; ascending.
    package var pending: [NodeID] = []
    /// Nodes that could not, and why.
    package var refusals: [(node: NodeID, reason: String)] = []

    package init(bytes: [UInt8], copies: Int) {
        self.bytes = bytes
        self.copies = copies
    }
}

extension Scheduler {
    mutating func addData(
        _ item: DataSpec, bytes: [UInt8], part: Int32, row: Int,
        into effects: inout [SchedulerEffect]
    ) -> TaskIndex? {
        guard tasks.index(of: item.id) == nil else {
            reject(.repeatedTask, into: &effects)
            return nil
        }
        let index = enter(.data, part: part, row: row)
        if item.isDeferred {
            addDeferred(item, at: index)
        } else if item.output == .value && bytes.count <= configuration.inlineMax {
            change(index, to: .done)
            tasks.store(.inline(bytes), of: index)
        } else {
            storeNew(index, bytes, copies: configuration.dataCopies, into: &effects)
        }
        return index
    }

    /// Has nodes store data that came just now.
    mutating func storeNew(
        _ index: TaskIndex, _ bytes: [UInt8], copies: Int, into effects: inout [SchedulerEffect]
    ) {
        // The only attempt: data never runs.
        tasks[index].attempt = 1
        unstoredData[index] = UnstoredData(bytes: bytes, copies: copies)
        storeData(index, into: &effects)
    }

    /// Has as many nodes store the data as are still wanted: those with most room.
    mutating func storeData(_ index: TaskIndex, into effects: inout [SchedulerEffect]) {
        guard let data = unstoredData[index] else { return }
        let byteCount = StoredOutput.takenBytes(ofPage: Int64(data.bytes.count))
        let (task, output) = (tasks.id(of: index), tasks.output(of: index))
        var wanted = data.copies - data.pending.count - tasks.locations(of: index).count
        var avoided = Set(data.pending + tasks.locations(of: index) + data.refusals.map(\.node))
        while wanted > 0 {
            nodes.refresh()
            guard let place = nodes.roomiest(except: { avoided.contains($0) }) else { return }
            let node = nodes[place].id
            avoided.insert(node)
            nodes[place].pageBytes += byteCount
            unstoredData[index]?.pending.append(node)
            unstoredData[index]?.pending.sort()
            effects.append(.storePage(node, task, output, bytes: data.bytes))
            wanted -= 1
        }
    }

    /// A node tells that it stored client data, or could not.
    mutating func takeData(
        _ report: RunReport, of index: TaskIndex, from node: NodeID,
        into effects: inout [SchedulerEffect]
    ) {
        if case .ended(_, let outcome, _) = report,
            takeLent(outcome, of: index, from: node, into: &effects)
        {
            return
        }
        guard case .ended(_, let outcome, _) = report, let data = unstoredData[index],
            data.pending.contains(node)
        else {
            giveUpPage(of: report, on: node, into: &effects)
            return reject(.staleAttempt, into: &effects)
        }
        forgetPending(node, of: index)
        switch outcome {
        case .finished(let stored):
            if !tasks.hasStored(index) { tasks.store(stored, of: index) }
            addLocation(node, of: index)
        case .failed(let failure):
            unstoredData[index]?.refusals.append((node, failure.message))
            storeData(index, into: &effects)
        case .cancelled: storeData(index, into: &effects)
        }
        settleData(index, into: &effects)
    }

    /// Announces the data as stored when every node that was asked has it; with none, and nobody
    /// left to ask, it fails.
    mutating func settleData(_ index: TaskIndex, into effects: inout [SchedulerEffect]) {
        guard let data = unstoredData[index], data.pending.isEmpty, !nodes.nodes.isEmpty else {
            return
        }
        let reasons = data.refusals.map(\.reason).joined(separator: "; ")
        guard let stored = tasks.stored(of: index), !tasks.locations(of: index).isEmpty else {
            // Nobody is asked and nobody refused: the next node that joins is.
            guard !data.refusals.isEmpty else { return }
            return fail(index, failure(.noMemory, of: index, reasons), into: &effects)
        }
        unstoredData[index] = nil
        if !data.refusals.isEmpty && tasks.locations(of: index).count < data.copies {
            let text =
                "\(data.bytes.count) bytes of data are on one node only: \(reasons)"
            effects.append(.notify(tasks.client(of: index), .remark(text)))
        }
        settleDeferred(index, into: &effects)
        finish(index, stored: stored, into: &effects)
    }

    /// A node that was to store data is lost: others take its part.
    mutating func storeElsewhere(
        than node: NodeID, _ index: TaskIndex, into effects: inout [SchedulerEffect]
    ) {
        guard unstoredData[index] != nil else { return }
        unstoredData[index]?.pending.removeAll { $0 == node }
        storeData(index, into: &effects)
        settleData(index, into: &effects)
    }

    /// Nobody wants the data any more: nodes that store it, or are about to, free it.
    mutating func abandonData(_ index: TaskIndex, into effects: inout [SchedulerEffect]) {
        abandonLend(of: index, into: &effects)
        settleDeferred(index, into: &effects)
        guard let data = unstoredData[index] else { return }
        for node in data.pending {
            forgetPending(node, of: index)
            effects.append(.revoke(node, [currentAttempt(of: index)]))
        }
        unstoredData[index] = nil
        dropPages(of: index, into: &effects)
    }

    private mutating func forgetPending(_ node: NodeID, of index: TaskIndex) {
        guard let data = unstoredData[index] else { return }
        unstoredData[index]?.pending.removeAll { $0 == node }
        guard let place = nodes.place(of: node) else { return }
        nodes[place].pageBytes -= StoredOutput.takenBytes(ofPage: Int64(data.bytes.count))
    }

    // MARK: Where pages are

    /// The node has the page of the task's output.
    mutating func addLocation(_ node: NodeID, of index: TaskIndex) {
        guard !tasks.locations(of: index).contains(node) else { return }
        tasks[extra: index].locations.append(node)
        tasks[extra: index].locations.sort()
        count(page: index, on: node, 1)
        guard let place = nodes.place(of: node) else { return }
        nodes[place].pages.append(tasks.link(to: index))
        // Links to others are dropped when they outnumber the pages.
        if nodes[place].pages.count > 2 * nodes[place].pageCount + 16 {
            nodes[place].pages = pages(at: place)
        }
    }

    mutating func removeLocation(_ node: NodeID, of index: TaskIndex) {
        guard tasks.locations(of: index).contains(node) else { return }
        tasks[extra: index].locations.removeAll { $0 == node }
        // What is made again need not have the bytes that were copied.
        if tasks.locations(of: index).isEmpty { tasks[extra: index].readers = [] }
        count(page: index, on: node, -1)
    }

    private mutating func count(page index: TaskIndex, on node: NodeID, _ times: Int64) {
        guard let place = nodes.place(of: node) else { return }
        nodes[place].pageBytes += times * (tasks.takenBytes(of: index) ?? 0)
        nodes[place].pageCount += Int(times)
    }
}
