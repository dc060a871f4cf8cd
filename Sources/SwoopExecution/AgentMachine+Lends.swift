// Room that is lent to clients on this machine, which write pages there themselves: from the wish
// to the page, which is then like any other. Whether a client may still be writing is known to the
// scheduler: what it drops is freed at once.

import SwoopModel

extension AgentMachine {
    mutating func wantLend(of task: TaskID, _ byteCount: Int64) {
        guard lends[task] == nil, outputs[task] == nil, byteCount > 0 else {
            dropped += 1
            return
        }
        lends[task] = .some(nil)
        room.add(.lend(task), byteCount)
    }

    mutating func lendToClient(
        _ task: TaskID, _ extent: PageExtent, into effects: inout [AgentEffect]
    ) {
        // Nobody wants it any more.
        guard case .some(nil) = lends[task] else { return free(extent, into: &effects) }
        lends[task] = extent
        effects.append(.tellLent(task, extent))
    }

    mutating func written(
        data task: TaskID, _ page: OutputPart, into effects: inout [AgentEffect]
    ) {
        guard let lent = lends[task], let extent = lent else {
            dropped += 1
            return
        }
        lends[task] = nil
        guard page.byteCount > 0, page.byteCount <= extent.byteCount else {
            free(extent, into: &effects)
            return refused(data: task, "the client wrote more than there was room for")
        }
        stored(
            data: task, PageExtent(offset: extent.offset, pages: StoredPages([page])),
            into: &effects)
    }

    mutating func dropLends(_ tasks: [TaskID], into effects: inout [AgentEffect]) {
        guard !lends.isEmpty else { return }
        for task in tasks {
            guard let lent = lends.removeValue(forKey: task) else { continue }
            room.forget { $0 == .lend(task) }
            if let extent = lent { free(extent, into: &effects) }
        }
    }
}
