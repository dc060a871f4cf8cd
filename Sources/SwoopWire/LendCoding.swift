// Places in a node's memory that are lent to a client on the same machine: what the client, the
// coordinator and the agent say of them has one form.

internal import SwoopModel

extension ProtoLend {
    init(_ task: TaskID, offset: Int64 = 0, byteCount: Int64) {
        self.init()
        self.task = ProtoTasks(task)
        self.offset = offset
        self.byteCount = byteCount
    }

    /// What was written there.
    init(_ task: TaskID, _ page: OutputPart) {
        self.init(task, byteCount: page.byteCount)
        elementCount = page.elementCount
        checksum = page.checksum
    }

    /// The task; throws where a number cannot be right.
    func checkedTask() throws(WireError) -> TaskID {
        guard SizeBound.holds(offset), SizeBound.holds(byteCount), SizeBound.holds(elementCount)
        else {
            throw .malformed(.number, offset: 0)
        }
        return try task.task()
    }

    var page: OutputPart {
        OutputPart(byteCount: byteCount, elementCount: elementCount, checksum: checksum)
    }
}
