// Room for the pages that runs of the virtual cluster leave: taken before they are written, as much
// as the node has; what finds none waits, while other pages go to the disk. Data and copies of
// pages take theirs without asking.

import SwoopExecution
import SwoopModel
import SwoopWire

extension VirtualCluster {
    /// What an agent looks at: how much it has, and for whom.
    func agentConfiguration(for description: NodeDescription) -> AgentMachine.Configuration {
        var own = configuration.agent
        guard configuration.limitsMemory else { return own }
        own.storeBytes = description.pageBudget
        own.slots = Int(description.slots)
        own.nodeName = description.name
        return own
    }

    /// The arena answers: later than it was asked, so that orders of before come first.
    mutating func giveRoom(for use: RoomUse, _ byteCount: Int64, at id: NodeID) {
        guard let node = node(id) else { return }
        let free = node.description.pageBudget - node.memoryBytes
        guard StoredOutput.takenBytes(ofPage: byteCount) <= free else {
            let reason = "its memory for pages is full"
            return tell(id, .roomMissing(use, freeBytes: max(0, free), reason: reason))
        }
        tell(id, .roomGiven(use))
        lend(byteCount, in: .memory, for: use, at: id)
    }

    mutating func lend(
        _ byteCount: Int64, in medium: PageMedium, for use: RoomUse, at id: NodeID
    ) {
        guard let place = place(id), case .output(let worker, let token) = use else { return }
        let extent = nodes[place].reserve(byteCount, in: medium)
        if medium == .disk { pagesOnDisk += 1 }
        tell(id, .extentLent(worker, extent))
        send(.allocated(token: token, extent), to: id, worker)
    }

    mutating func refuseRoom(for use: RoomUse, _ reason: String, at id: NodeID) {
        guard case .output(let worker, let token) = use else { return }
        send(.refused(token: token, reason: reason), to: id, worker)
    }

    /// A page is on the disk now, and in memory until the agent gives that back.
    mutating func endSpill(of task: TaskID, _ extent: PageExtent, at id: NodeID) {
        guard let place = place(id) else { return }
        guard let bytes = nodes[place].arena[extent.offset] else {
            return trace.append(.broken("\(task) was freed while it was written to the disk"))
        }
        pagesOnDisk += 1
        let copy = nodes[place].store(bytes, elementCount: extent.elementCount, in: .disk)
        tell(id, .pageSpilled(task, from: extent, to: copy))
    }

    // MARK: Runs

    /// A run has made a page and keeps its slot until there is room for it.
    mutating func askForRoom(
        for page: PageToWrite, of worker: WorkerID, at id: NodeID
    ) {
        guard let place = place(id), let asked = nodes[place].workers[worker]?.roomsAsked else {
            return
        }
        nodes[place].workers[worker]?.roomsAsked = asked + 1
        nodes[place].workers[worker]?.unwritten[asked] = page
        send(.allocate(token: asked, byteCount: Int64(page.bytes.count)), from: id, worker)
    }

    mutating func takeRoom(
        _ extent: PageExtent, _ token: UInt32, of worker: WorkerID, at id: NodeID
    ) {
        guard let place = place(id),
            let page = nodes[place].workers[worker]?.unwritten.removeValue(forKey: token)
        else { return }
        guard nodes[place].workers[worker]?.cancelled.contains(page.attempt) == false else {
            send(.abandoned(extent), from: id, worker)
            return end(page.attempt, .cancelled, on: page.slot, of: worker, at: id)
        }
        guard nodes[place].arena[extent.offset] != nil else {
            return trace.append(.broken("\(page.attempt) is given room that is free"))
        }
        let written = nodes[place].fill(
            extent, with: page.bytes, elementCount: page.elementCount)
        send(.stored(page.attempt, written), from: id, worker)
        end(page.attempt, .finished(.page(written.pages)), on: page.slot, of: worker, at: id)
    }

    mutating func missRoom(_ reason: String, _ token: UInt32, of worker: WorkerID, at id: NodeID) {
        guard let place = place(id),
            let page = nodes[place].workers[worker]?.unwritten.removeValue(forKey: token)
        else { return }
        let failure = TaskFailure(kind: .noMemory, message: reason, task: page.attempt.task)
        end(page.attempt, .failed(failure), on: page.slot, of: worker, at: id)
    }
}
