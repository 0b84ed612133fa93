#include "provider/jobs.h"

#include "compute/tree_size.h"

namespace berth::provider {

namespace {

/// The lane is shared with surveys, which must not wait long.
constexpr std::chrono::seconds kMeasuringMax{10};

struct Runner {
    const JobTools& tools;

    JobResult operator()(const FindImageJob& job) const
    {
        return ImageFound{job.image, tools.backend.find_image(job.image)};
    }
    JobResult operator()(const PullImageJob& job) const
    {
        return ImagePulled{job.image, tools.backend.pull_image(job.image, job.deadline)};
    }
    JobResult operator()(const RemoveImageJob& job) const
    {
        return ImageRemoved{job.image, tools.backend.remove_image(job.image, job.id)};
    }
    JobResult operator()(const PrepareNetworkJob& job) const
    {
        return NetworkPrepared{job.name.lease, tools.backend.prepare_network(job.name)};
    }
    JobResult operator()(const CreateJob& job) const
    {
        auto outcome = tools.volumes.create(tools.backend, job.spec, job.key.get());
        const bool key_needed = !outcome && job.spec.encrypted && !job.key && tools.volumes.is_closed(job.spec.lease);
        return WorkloadCreated{job.spec.lease, std::move(outcome), key_needed};
    }
    JobResult operator()(const ResumeJob& job) const
    {
        if (!job.container_id.empty())
            if (auto there = tools.backend.inspect(job.container_id); !there) {
                const bool is_gone = there.error().code == Errc::not_found;
                return WorkloadResumed{job.spec.lease, std::move(there), is_gone};
            }
        auto outcome = tools.volumes.resume(tools.backend, job.spec, job.key.get());
        const bool is_closed = !outcome && job.spec.encrypted && tools.volumes.is_closed(job.spec.lease);
        return WorkloadResumed{job.spec.lease, std::move(outcome), false, is_closed};
    }
    JobResult operator()(const InspectJob& job) const
    {
        const bool is_locked = job.encrypted && tools.volumes.is_closed(job.lease);
        return WorkloadInspected{job.lease, tools.backend.inspect(job.container_id), is_locked};
    }
    JobResult operator()(const DestroyJob& job) const
    {
        return WorkloadDestroyed{job.lease, tools.volumes.destroy(tools.backend, job.lease)};
    }
    JobResult operator()(const ReadLogsJob& job) const
    {
        return LogsRead{job.ticket, job.lease, tools.backend.logs(job.container_id, job.lines, job.bytes_max)};
    }
    JobResult operator()(const SurveyJob&) const
    {
        Surveyed surveyed{tools.backend.info(), tools.volumes.list(tools.backend), tools.backend.list_images()};
        if (surveyed.engine)
            if (const auto free = compute::free_bytes(surveyed.engine->root_dir))
                surveyed.disk_free = *free;
        return surveyed;
    }
    JobResult operator()(const TryLimitsJob& job) const { return LimitsTried{tools.backend.try_limits(job.nofile)}; }
    JobResult operator()(const MeasureDiskJob& job) const
    {
        const auto end = std::chrono::steady_clock::now() + kMeasuringMax;
        DiskMeasured measured;
        for (const MeasureDiskJob::Item& item : job.items) {
            if (std::chrono::steady_clock::now() >= end)
                break;
            measured.items.push_back({item.lease, tools.backend.measure_disk(item.container_id, item.limit)});
        }
        return measured;
    }
    JobResult operator()(const CheckHostJob&) const
    {
        return HostChecked{tools.backend.ensure_isolation(), tools.volumes.abilities()};
    }
    JobResult operator()(const ReadLeaseFilesJob&) const { return LeaseFilesRead{tools.files.read()}; }
    JobResult operator()(const WriteLeaseFileJob& job) const
    {
        return LeaseFilesWritten{tools.files.write(job.lease, job.text)};
    }
    JobResult operator()(const SettleLeaseFilesJob& job) const
    {
        return LeaseFilesWritten{tools.files.settle(job.texts, job.set_aside)};
    }
    JobResult operator()(const NodeStatusJob&) const { return NodeStatusRead{tools.status.read()}; }
};

} // namespace

Lane lane_of(const Job& job)
{
    if (std::holds_alternative<PullImageJob>(job) || std::holds_alternative<TryLimitsJob>(job))
        return Lane::slow;
    if (std::holds_alternative<DestroyJob>(job) || std::holds_alternative<RemoveImageJob>(job))
        return Lane::end;
    if (std::holds_alternative<ReadLogsJob>(job))
        return Lane::logs;
    if (std::holds_alternative<ReadLeaseFilesJob>(job) || std::holds_alternative<WriteLeaseFileJob>(job) ||
        std::holds_alternative<SettleLeaseFilesJob>(job))
        return Lane::files;
    const bool of_host = std::holds_alternative<SurveyJob>(job) || std::holds_alternative<NodeStatusJob>(job) ||
                         std::holds_alternative<CheckHostJob>(job) || std::holds_alternative<MeasureDiskJob>(job);
    return of_host ? Lane::host : Lane::engine;
}

JobResult run_job(const Job& job, const JobTools& tools)
{
    return std::visit(Runner{tools}, job);
}

} // namespace berth::provider
