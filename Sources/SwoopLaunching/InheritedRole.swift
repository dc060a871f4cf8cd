// The child's side of a launch: which role this process has, and the descriptors that came with it.

import Glibc
package import SwoopTransport

/// What this process's launcher gave it.
///
/// Taken once, first thing in `main`, before other threads run.
package final class InheritedRole {
    /// The role's name.
    package let name: String
    private var descriptors: [String: Int32]

    private init(name: String, descriptors: [String: Int32]) {
        self.name = name
        self.descriptors = descriptors
    }

    /// The role of this process, or nil when it is an ordinary program.
    ///
    /// Its variables leave the environment and its descriptors become close-on-exec: what this
    /// process starts sees neither.
    package static func take() throws(LaunchError) -> InheritedRole? {
        let role = value(of: RoleVariable.role)
        let list = value(of: RoleVariable.descriptors) ?? ""
        ShippedProgram.take(value(of: RoleVariable.bundle))
        for variable in RoleVariable.all { unsafe unsetenv(variable) }
        guard let role else { return nil }
        var descriptors: [String: Int32] = [:]
        for part in list.split(separator: ",") {
            let pair = part.split(separator: "=")
            guard pair.count == 2, let number = Int32(pair[1]),
                fcntl(number, F_SETFD, FD_CLOEXEC) == 0
            else { throw .malformedRole("\(role): \(list)") }
            descriptors[String(pair[0])] = number
        }
        return InheritedRole(name: role, descriptors: descriptors)
    }

    /// Whether a descriptor of that name came and was not handed out.
    package func hasDescriptor(_ name: String) -> Bool { descriptors[name] != nil }

    /// Hands out a descriptor; each once.
    package func takeDescriptor(_ name: String) throws(LaunchError) -> OwnedDescriptor {
        guard let number = descriptors.removeValue(forKey: name) else {
            throw .missingDescriptor(name)
        }
        return OwnedDescriptor(owning: number)
    }

    /// Leaves a word for whoever started this process, which is about to end; nothing where nobody
    /// listens.
    package func say(_ text: String) {
        guard let number = descriptors[RoleVariable.lastWords] else { return }
        let bytes = Array(text.utf8.prefix(HeldBytes.lastWordsMax))
        _ = unsafe pwrite(number, bytes, bytes.count, 0)
    }

    private static func value(of variable: String) -> String? {
        guard let text = unsafe getenv(variable) else { return nil }
        return unsafe String(cString: text)
    }
}
