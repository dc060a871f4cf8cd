// What a process may have of its machine, from the texts that systems write: control groups of both
// editions, batch systems, limits.

import SwoopModel
import Testing

@Suite struct ControlGroupTests {
    private func folders(
        of controller: String, memberships: String, mounts: String
    ) -> [String] {
        ControlGroups(memberships: memberships, mounts: mounts).folders(of: controller).map(\.path)
    }

    @Test func `a group of the unified hierarchy counts with all above it`() {
        let groups = ControlGroups(
            memberships: "0::/user.slice/user-1000.slice/session-2.scope\n",
            mounts: """
                29 23 0:26 / /sys rw,nosuid - sysfs sysfs rw
                30 29 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate
                """)
        let place = "/sys/fs/cgroup"
        #expect(
            groups.folders(of: "cpu") == [
                .init(place + "/user.slice/user-1000.slice/session-2.scope", isUnified: true),
                .init(place + "/user.slice/user-1000.slice", isUnified: true),
                .init(place + "/user.slice", isUnified: true), .init(place, isUnified: true),
            ])
        #expect(groups.folders(of: "memory") == groups.folders(of: "cpu"))
    }

    @Test func `controllers of the first edition lie where they are mounted, alone or together`() {
        let memberships = """
            4:memory:/jobs/7
            2:cpu,cpuacct:/jobs
            1:name=systemd:/init.scope
            0::/elsewhere
            """
        let mounts = """
            32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
            35 31 0:32 / /sys/fs/cgroup/memory rw,relatime master:3 - cgroup cgroup rw,memory
            41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
            """
        #expect(
            folders(of: "cpu", memberships: memberships, mounts: mounts) == [
                "/sys/fs/cgroup/cpu,cpuacct/jobs", "/sys/fs/cgroup/cpu,cpuacct",
                "/sys/fs/cgroup/unified/elsewhere", "/sys/fs/cgroup/unified",
            ])
        #expect(
            folders(of: "memory", memberships: memberships, mounts: mounts).prefix(3) == [
                "/sys/fs/cgroup/memory/jobs/7", "/sys/fs/cgroup/memory/jobs",
                "/sys/fs/cgroup/memory",
            ])
        // The name of another controller is no part of a name.
        #expect(
            folders(of: "cpuset", memberships: memberships, mounts: mounts) == [
                "/sys/fs/cgroup/unified/elsewhere", "/sys/fs/cgroup/unified",
            ])
    }

    @Test func `in a container the hierarchy begins with the group that is mounted`() {
        let mount = "700 699 0:32 /docker/4f2 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu"
        #expect(
            folders(of: "cpu", memberships: "3:cpu:/docker/4f2/inner", mounts: mount)
                == ["/sys/fs/cgroup/cpu/inner", "/sys/fs/cgroup/cpu"])
        #expect(
            folders(of: "cpu", memberships: "3:cpu:/docker/4f2", mounts: mount)
                == ["/sys/fs/cgroup/cpu"])
        // A group whose name only begins so is another one; so is one outside of the namespace.
        for path in ["/docker/4f21", "/", "/../../other"] {
            #expect(
                folders(of: "cpu", memberships: "3:cpu:\(path)", mounts: mount)
                    == ["/sys/fs/cgroup/cpu"], "\(path)")
        }
    }

    @Test func `places with blanks are read, and lines that make no sense passed over`() {
        let mounts = #"""
            no mount at all
            30 29 0:27 / /mnt/my\040groups rw - cgroup2 none rw
            """#
        #expect(
            folders(of: "cpu", memberships: "broken\n0::relative\n0::/a", mounts: mounts)
                == ["/mnt/my groups/a", "/mnt/my groups"])
        #expect(folders(of: "cpu", memberships: "", mounts: mounts).isEmpty)
        #expect(folders(of: "cpu", memberships: "0::/a", mounts: "").isEmpty)
    }
}

@Suite struct CoreAllowanceTests {
    @Test func `quotas are time for time, and words and numbers without a limit are none`() {
        #expect(CoreAllowance.quota(unified: "150000 100000\n") == 1.5)
        #expect(CoreAllowance.quota(unified: "50000") == 0.5)
        for text in ["max 100000\n", "", "0 100000", "-1 100000", "words", "100000 0"] {
            #expect(CoreAllowance.quota(unified: text) == nil, "\(text)")
        }
        #expect(CoreAllowance.quota("400000\n", of: "100000\n") == 4)
        #expect(CoreAllowance.quota("-1\n", of: "100000\n") == nil)
    }

    @Test
    func `the least of affinity, quotas and batch system counts, and a part of a core is one`() {
        #expect(CoreAllowance(affinity: 8).cores == 8)
        #expect(CoreAllowance(affinity: 8, quotas: [4, 2.5, 6]).cores == 3)
        #expect(CoreAllowance(affinity: 8, quotas: [0.1]).cores == 1)
        #expect(CoreAllowance(affinity: 2, quotas: [16], batch: 4).cores == 2)
        #expect(CoreAllowance(affinity: 8, quotas: [16], batch: 4).cores == 4)
        #expect(CoreAllowance(affinity: 0).cores == 1)
        #expect(CoreAllowance(affinity: 4, quotas: [1e300]).cores == 4)
    }

    private func cores(_ variables: [String: String], host: String = "node3.cluster") -> Int? {
        BatchJob.cores(host: host) { variables[$0] }
    }

    @Test func `each batch system says what a job has on this machine`() {
        #expect(cores([:]) == nil)
        // Slurm: a script has all of the job's cores here, a step those of one task.
        let slurm = ["SLURM_CPUS_PER_TASK": "2", "SLURM_CPUS_ON_NODE": "8"]
        #expect(cores(slurm) == 8)
        #expect(cores(slurm.merging(["SLURM_STEP_ID": "0"]) { $1 }) == 2)
        #expect(cores(["SLURM_CPUS_PER_TASK": "2"]) == 2)
        #expect(cores(["SLURM_CPUS_ON_NODE": "6", "SLURM_STEP_ID": "0"]) == 6)
        #expect(cores(["NCPUS": "3"]) == 3)
        #expect(cores(["PBS_NUM_PPN": "5", "PBS_NP": "50"]) == 5)
        #expect(cores(["NSLOTS": "7"]) == 7)
        #expect(cores(["NSLOTS": "64", "NHOSTS": "4"]) == nil)
        #expect(cores(["LSB_MCPU_HOSTS": "node1 8 node3 4", "LSB_DJOB_NUMPROC": "12"]) == 4)
        #expect(cores(["LSB_MCPU_HOSTS": "login.cluster 6"]) == 6)
        #expect(cores(["LSB_MCPU_HOSTS": "node1 8 node2 4"]) == nil)
        #expect(cores(["LSB_DJOB_NUMPROC": "12"]) == 12)
        // Not how many cores a process has, but how many threads a library may start.
        #expect(cores(["OMP_NUM_THREADS": "1"]) == nil)
        for text in ["", "0", "-3", "4(x2)", "99999999999999999999"] {
            #expect(cores(["SLURM_CPUS_ON_NODE": text, "NSLOTS": text]) == nil, "\(text)")
        }
        #expect(cores(["LSB_MCPU_HOSTS": "node3 none x"]) == nil)
    }
}

@Suite struct MemoryAllowanceTests {
    @Test func `a group of the unified hierarchy has what its limits leave`() {
        let group = GroupMemory(
            unified: "1000\n", high: "max\n", used: "700\n",
            statistics: "anon 300\ninactive_file 200\nactive_file 9\n")
        #expect(group == GroupMemory(limit: 1_000, used: 700, cached: 200))
        #expect(group?.availableBytes == 500)
        // Above `high` nothing fails, and everything waits.
        let high = GroupMemory(unified: "max", high: "800", used: "900", statistics: nil)
        #expect(high?.limit == 800 && high?.availableBytes == 0)
        #expect(GroupMemory(unified: "max", high: "max", used: "1", statistics: nil) == nil)
        #expect(GroupMemory(unified: "1000", high: nil, used: nil, statistics: nil) == nil)
    }

    @Test func `a group of the first edition too, whose largest number is no limit`() {
        let group = GroupMemory(
            first: "1000\n", used: "400\n", statistics: "inactive_file 1\ntotal_inactive_file 50\n")
        #expect(group == GroupMemory(limit: 1_000, used: 400, cached: 50))
        #expect(group?.availableBytes == 650)
        #expect(GroupMemory(first: "9223372036854771712", used: "4", statistics: nil) == nil)
        // More cached than used, as counters that are read one after the other may have it.
        #expect(GroupMemory(limit: 10, used: 4, cached: 100).availableBytes == 10)
    }

    @Test func `pages take half of what there is, and never more than a file may have`() {
        #expect(PageAllowance(memoryBytes: 8_000).budget == 4_000)
        #expect(PageAllowance(memoryBytes: 8_000, spaceLeft: 1_000).budget == 250)
        #expect(PageAllowance(memoryBytes: 8_000, spaceLeft: 6_000, dataLeft: 800).budget == 400)
        #expect(PageAllowance(memoryBytes: 8_000, fileBytes: 3_000).budget == 3_000)
        #expect(PageAllowance(memoryBytes: 8_000, spaceLeft: 0, fileBytes: 3_000).budget == 0)
    }
}
