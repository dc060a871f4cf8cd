// Finds the remote functions of this program: the compiler put a record of each into a linker
// section, in whichever file it stands, and the linker's symbols say where the section begins and
// ends.

import CSwoopSystem
public import SwoopElements
import Synchronization

/// What a macro puts into the section: a version, and a function that describes the rest.
///
/// The function gets the address of memory for a `_RemoteDescription`; an integer, so that the
/// user's module stays free of pointers.
public typealias _RemoteRecord = (UInt32, @convention(c) (UInt) -> Void)

/// What a record describes.
public enum _RemoteDescription: Sendable {
    /// A function with `@Remote`.
    case function(_RemoteEntry)
    /// A closure of `#remote`.
    case closure(any _RemoteClosureDescribing)
}

/// Writes the description of a function; called by records.
public func _describe(_ entry: _RemoteEntry, at address: UInt) {
    describe(.function(entry), at: address)
}

/// Writes the description of a closure; called by records.
public func _describe<Input, Output>(_ entry: _RemoteClosureEntry<Input, Output>, at address: UInt)
{
    describe(.closure(entry), at: address)
}

private func describe(_ description: _RemoteDescription, at address: UInt) {
    unsafe UnsafeMutablePointer<_RemoteDescription>(bitPattern: address)?.initialize(
        to: description)
}

/// The remote functions and closures of this program, found once.
package enum RemoteRegistry {
    /// Every function with `@Remote`, in the order of the section: the same in every process of a
    /// build.
    public static let functions: [_RemoteEntry] = descriptions.compactMap { description in
        if case .function(let entry) = description { entry } else { nil }
    }

    /// The function of this identity.
    public static func function(_ identity: String) -> _RemoteEntry? {
        functionsByIdentity[identity] ?? later.withLock { $0.functions[identity] }
    }

    static func closure(_ key: UInt64) -> (any _RemoteClosureDescribing)? {
        closures[key] ?? later.withLock { $0.closures[key] }
    }

    /// Takes the records of a library that was loaded after the start of this process.
    static func add(recordsFrom start: UInt, to end: UInt) {
        let new = records(from: start, to: end)
        later.withLock { later in
            for description in new {
                switch description {
                case .function(let entry): later.functions[entry.identity] = entry
                case .closure(let entry): later.closures[entry.key] = entry
                }
            }
        }
    }

    private struct Later: Sendable {
        var functions: [String: _RemoteEntry] = [:]
        var closures: [UInt64: any _RemoteClosureDescribing] = [:]
    }

    private static let later = Mutex(Later())

    private static let functionsByIdentity = Dictionary(
        functions.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })

    private static let closures: [UInt64: any _RemoteClosureDescribing] = Dictionary(
        descriptions.compactMap { description in
            if case .closure(let entry) = description { (entry.key, entry) } else { nil }
        }, uniquingKeysWith: { first, _ in first })

    private static let descriptions = records(
        from: swoop_section_start(), to: swoop_section_end())

    private static func records(from start: UInt, to end: UInt) -> [_RemoteDescription] {
        let stride = UInt(MemoryLayout<_RemoteRecord>.stride)
        return Swift.stride(from: start, to: end, by: Int(stride)).compactMap { address in
            unsafe read(recordAt: address)
        }
    }

    @unsafe private static func read(recordAt address: UInt) -> _RemoteDescription? {
        guard let record = unsafe UnsafePointer<_RemoteRecord>(bitPattern: address),
            unsafe record.pointee.0 == 1
        else { return nil }
        return unsafe withUnsafeTemporaryAllocation(of: _RemoteDescription.self, capacity: 1) {
            place in
            guard let base = place.baseAddress else { return nil }
            unsafe record.pointee.1(UInt(bitPattern: base))
            return unsafe base.move()
        }
    }
}
