// What the libraries of packages that a notebook has loaded consist of, so that the next package
// takes what it needs of them instead of a copy.

import FoundationEssentials
import SwoopKernel

/// A package as a part of a library.
struct PackageMember {
    /// SwiftPM's name for it.
    let identity: String
    /// Where it comes from.
    let place: String
    let version: String
    /// Where it lies.
    let path: String

    /// Reads what SwiftPM says of one.
    init?(_ node: JSONValue) {
        guard let identity = node["identity"].string, let path = node["path"].string else {
            return nil
        }
        self.identity = identity
        self.path = path
        place = node["url"].string ?? path
        version = node["version"].string ?? ""
    }

    var value: JSONValue {
        [
            "identity": .text(identity), "path": .text(path), "url": .text(place),
            "version": .text(version),
        ]
    }
}

/// A package whose library is loaded.
struct LoadedPackage {
    let library: String
    /// What the compiler needs to import its modules.
    let flags: [String]
    private let members: [PackageMember]
    private let built: String

    /// Reads what its build has left in its folder; nil: nothing.
    init?(folder: String) {
        guard let bytes = try? Data(contentsOf: URL(filePath: folder + "/result.json")),
            let value = try? JSONValue(Array(bytes)), let library = value["built"].string
        else { return nil }
        self.library = library
        flags = value["flags"].elements.compactMap(\.string)
        members = value["members"].elements.compactMap(PackageMember.init)
        built = value["folder"].string ?? ""
    }

    /// Whether its library has that package, and these modules of it.
    func has(_ member: PackageMember, _ modules: [String]) -> Bool {
        let isHere = members.contains {
            $0.identity == member.identity && $0.place == member.place
                && $0.version == member.version
        }
        return isHere && modules.allSatisfy { SwiftToolchain.isThere("\(built)/\($0).build") }
    }
}
