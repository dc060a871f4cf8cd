// The pages of the node as a worker reads them: in the arena, which is mapped whole, and in the
// spill file, of which a run maps what it reads.

import SwoopModel
import SwoopStorage

/// Thrown for an input whose bytes are not those that were written.
struct DamagedInput: Error {
    var task: TaskID
}

/// Both stores of the node.
struct NodePages: Sendable {
    let arena: ArenaView
    /// Nil where the node has none.
    let spill: SpillView?

    /// The bytes of an input, for as long as the owners live.
    func bytes(
        of extent: PageExtent, _ task: TaskID, keepingIn owners: inout [AnyObject]
    ) throws -> UnsafeRawBufferPointer {
        switch extent.medium {
        case .memory:
            return unsafe try arena.pointer(
                offset: Int(extent.offset), count: Int(extent.byteCount))
        case .disk:
            guard let spill else {
                throw InputError(kind: .lost, message: "an input lies on a disk that is not here")
            }
            guard let mapping = try spill.map(extent) else { throw DamagedInput(task: task) }
            owners.append(mapping)
            return unsafe mapping.bytes
        }
    }
}
