// Keeping a cache below its bound: which programs go is a function of what is there; the cache
// looks, locks and removes.

import Glibc
package import SwoopModel
import SwoopTransport

/// What a cache holds, and what of it is to go.
package struct CacheContent: Sendable, Equatable {
    /// A program that is there.
    package struct Program: Sendable, Equatable {
        package var id: ProgramID
        /// Its files.
        package var digests: [String]
        /// Seconds since 1970.
        package var usedAt: Int64
        /// Somebody runs it.
        package var isInUse: Bool

        package init(id: ProgramID, digests: [String], usedAt: Int64, isInUse: Bool) {
            self.id = id
            self.digests = digests
            self.usedAt = usedAt
            self.isInUse = isInUse
        }
    }

    /// A file that is there.
    package struct File: Sendable, Equatable {
        package var digest: String
        package var byteCount: Int64
        /// Seconds since 1970: when it came, or when a program was last made of it.
        package var changedAt: Int64

        package init(digest: String, byteCount: Int64, changedAt: Int64) {
            self.digest = digest
            self.byteCount = byteCount
            self.changedAt = changedAt
        }
    }

    package var programs: [Program]
    package var files: [File]

    package init(programs: [Program], files: [File]) {
        self.programs = programs
        self.files = files
    }

    /// A program that was used within so many seconds stays: whoever placed it may be about to
    /// start it.
    static let programRest: Int64 = 600
    /// A file that no program names stays for so long: its program's folder may be about to come.
    static let fileRest: Int64 = 3_600

    /// What goes: programs unused for longest, until the files of those that stay fit the limit;
    /// files that only they name; and files that nobody has named for an hour.
    package func toRemove(
        limit: Int64, now: Int64
    ) -> (programs: [ProgramID], digests: [String]) {
        var namedBy: [String: Int] = [:]
        for program in programs {
            for digest in Set(program.digests) { namedBy[digest, default: 0] += 1 }
        }
        let sizes = Dictionary(files.map { ($0.digest, $0.byteCount) }) { first, _ in first }
        var digests = files.filter {
            namedBy[$0.digest] == nil && now - $0.changedAt > CacheContent.fileRest
        }.map(\.digest)
        var total = files.reduce(0) { $0 + $1.byteCount }
        total -= digests.reduce(0) { $0 + (sizes[$1] ?? 0) }
        var gone: [ProgramID] = []
        let candidates = programs.filter {
            !$0.isInUse && now - $0.usedAt > CacheContent.programRest
        }.ordered { ($0.usedAt, $0.id) < ($1.usedAt, $1.id) }
        for program in candidates where total > limit {
            gone.append(program.id)
            for digest in Set(program.digests).ordered() {
                namedBy[digest, default: 1] -= 1
                guard namedBy[digest] == 0, let size = sizes[digest] else { continue }
                digests.append(digest)
                total -= size
            }
        }
        return (gone, digests)
    }
}

extension BundleCache {
    /// Removes what `CacheContent.toRemove` names, and what broken transfers left; the programs
    /// that went.
    ///
    /// Called after a program was placed. Another process that prunes meanwhile makes this one do
    /// nothing.
    @discardableResult
    package func prune(to limit: Int64 = BundleCache.byteLimit) throws(BundleError) -> [ProgramID] {
        removeLeftOvers()
        let lock = OwnedDescriptor(
            owning: try opened(lockPath, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600))
        guard flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0 else { return [] }
        // Held until all is done: nobody starts what is about to go.
        var locks: [HeldLock] = []
        var content = CacheContent(programs: [], files: listFiles())
        for name in names(in: programsFolder) where ContentDigest.isDigest(name) {
            let folder = "\(programsFolder)/\(name)"
            let id = ProgramID(name)
            let held = PlacedProgram.lock(folder, LOCK_EX | LOCK_NB)
            let isFree = held != nil
            if let held { locks.append(HeldLock(held)) }
            let manifest = PlacedProgram.manifest(in: folder, id: id)
            let used = status(of: "\(folder)/\(PlacedProgram.lockFile)")
            content.programs.append(
                CacheContent.Program(
                    id: id, digests: manifest?.digests ?? [],
                    usedAt: Int64(used?.st_mtim.tv_sec ?? 0), isInUse: !isFree))
        }
        let (programs, digests) = content.toRemove(limit: limit, now: Int64(time(nil)))
        for id in programs {
            // By a rename first: a folder that is half removed has no name that could be started.
            let aside = "\(incomingFolder)/\(TemporaryName.make())"
            try renameFile(programFolder(id), to: aside)
            removeAll(aside)
        }
        for digest in digests { _ = unsafe unlink("\(filesFolder)/\(digest)") }
        withExtendedLifetime(locks) {}
        return programs
    }

    private func listFiles() -> [CacheContent.File] {
        // What has another name is not the cache's: a user may have named a folder of their own.
        names(in: filesFolder).filter(ContentDigest.isDigest).compactMap { name in
            guard let status = status(of: "\(filesFolder)/\(name)") else { return nil }
            return CacheContent.File(
                digest: name, byteCount: Int64(status.st_size),
                changedAt: Int64(status.st_mtim.tv_sec))
        }
    }
}

/// Arrays cannot hold what cannot be copied.
private final class HeldLock {
    private let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
}
