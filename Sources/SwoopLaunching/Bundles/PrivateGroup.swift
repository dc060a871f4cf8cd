// Whether a group is its user alone, as many systems give one to each user: what it may write to
// is then no more open than what its user may. Debian's OpenSSH asks the same of a group that may
// write to a user's files, and sudo trusts no group but a given one.

import Glibc
import Synchronization

/// Groups as the system's user database has them.
enum PrivateGroup {
    /// getpwent(3) has one position for the whole process.
    private static let turn = Mutex<Void>(())

    /// Whether nobody but this user is in the group: as a named member, or because it is the group
    /// that an account begins with.
    ///
    /// A group that is in no list has no members, but only one with the user's own number can be
    /// the user's.
    static func isAlone(owner: uid_t, in group: gid_t) -> Bool {
        turn.withLock { _ in
            var isFirst = false
            setpwent()
            defer { endpwent() }
            while let entry = unsafe getpwent() {
                guard unsafe entry.pointee.pw_gid == group else { continue }
                guard unsafe entry.pointee.pw_uid == owner else { return false }
                isFirst = true
            }
            guard let members = members(of: group) else { return isFirst || group == owner }
            return members.allSatisfy { number(of: $0) == owner }
                && (isFirst || !members.isEmpty || group == owner)
        }
    }

    /// The names that are listed; nil: there is no such group.
    private static func members(of group: gid_t) -> [String]? {
        guard let entry = unsafe getgrgid(group), var next = unsafe entry.pointee.gr_mem else {
            return nil
        }
        var names: [String] = []
        while let name = unsafe next.pointee {
            unsafe names.append(String(cString: name))
            unsafe next += 1
        }
        return names
    }

    private static func number(of name: String) -> uid_t? {
        unsafe getpwnam(name).map { unsafe $0.pointee.pw_uid }
    }
}
