// Finds the remote functions of this program: the compiler put a record of each into a linker
// section, in whichever file it stands, and the linker's symbols say where the section begins and
// ends.

import CSwoopSystem
public import SwoopElements

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
        functionsByIdentity[identity]
    }

    static func closure(_ key: UInt64) -> (any _RemoteClosureDescribing)? { closures[key] }

    private static let functionsByIdentity = Dictionary(
        functions.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })

    private static let closures: [UInt64: any _RemoteClosureDescribing] = Dictionary(
        descriptions.compactMap { description in
            if case .closure(let entry) = description { (entry.key, entry) } else { nil }
        }, uniquingKeysWith: { first, _ in first })

    private static let descriptions: [_RemoteDescription] = {
        let start = swoop_section_start()
        let end = swoop_section_end()
        let stride = UInt(MemoryLayout<_RemoteRecord>.stride)
        return Swift.stride(from: start, to: end, by: Int(stride)).compactMap { address in
            unsafe read(recordAt: address)
        }
    }()

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
