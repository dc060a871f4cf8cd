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

extension NodePages {
    /// Memory to write a page in that belongs to this place.
    func openWindow(_ extent: PageExtent) throws -> PageWindow {
        guard extent.medium == .disk else {
            return .memory(
                try arena.openWindow(
                    Extent(offset: Int(extent.offset), size: Int(extent.byteCount))))
        }
        guard let spill else {
            throw InputError(kind: .lost, message: "a page belongs to a disk that is not here")
        }
        return .disk(try spill.openWindow(extent))
    }
}

/// A page that a run writes: where it will stay, or in memory of the run's own for as long as it
/// takes.
enum PageWindow: ~Copyable {
    case memory(ArenaWindow)
    case disk(SpillWindow)

    /// The bytes to fill, valid while this value lives.
    var bytes: UnsafeMutableRawBufferPointer {
        switch self {
        case .memory(let window): unsafe window.bytes
        case .disk(let window): unsafe window.bytes
        }
    }

    /// Puts the first `count` bytes where they belong; 0, or the number of a disk's error.
    func finish(count: Int) -> Int32 {
        switch self {
        case .memory: 0
        case .disk(let window): window.write(count: count)
        }
    }
}
