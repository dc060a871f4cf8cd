// The number of a lab, which makes its addresses, its link and its folder unlike those of every
// other process on this machine. A number is free again when its holder is gone; what that left
// behind is removed by who makes a lab next.

import Glibc

/// A place for one lab.
struct LabPlace {
    /// The first three parts of the addresses.
    let network: String
    /// The link's name in the test's own network.
    let link: String
    /// A folder of the lab's own, empty.
    let folder: String
    /// Held by this process and by the lab's keeper.
    let lock: FileLock

    private static let parent = "/run/swoop-tests"

    /// Takes a free number.
    static func take() throws -> LabPlace {
        try runSuccessfully("mkdir -p -m 0755 \"$1\"", [parent], named: "making \(parent)")
        // From where others probably are not, on: fewer attempts.
        let first = Int(getpid()) % 250
        for step in 0..<250 {
            let number = 1 + (first + step) % 250
            let path = "\(parent)/\(number)"
            guard let lock = try FileLock(at: path + ".lock", waiting: false) else { continue }
            let place = LabPlace(
                network: "10.213.\(number)", link: "swoop-lab\(number)", folder: path, lock: lock)
            try place.clear()
            try sweep(except: number)
            return place
        }
        throw LabError.noAddressLeft
    }

    /// Removes the folders of labs whose keepers were killed before they could.
    private static func sweep(except own: Int) throws {
        for number in entries(of: parent).compactMap({ Int($0) }) where number != own {
            let path = "\(parent)/\(number)"
            guard let lock = try FileLock(at: path + ".lock", waiting: false) else { continue }
            defer { lock.release() }
            try runSuccessfully(
                #"rm -rf --one-file-system "$1""#, [path], named: "sweeping \(path)")
        }
    }

    /// Removes what a lab of this number has left: its keeper held the lock, so it has ended, and
    /// the kernel has ended its hosts with it.
    private func clear() throws {
        let script = #"""
            ip link del "$1" 2>/dev/null
            rm -rf --one-file-system "$2" && mkdir -m 0755 "$2"
            """#
        try runSuccessfully(script, [link, folder], named: "clearing \(folder)")
    }
}
