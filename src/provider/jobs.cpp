#include "provider/jobs.h"

namespace berth::provider {

namespace {

struct Runner {
    compute::Backend& backend;
    compute::NodeStatusReader& status;

    JobResult operator()(const FindImageJob& job) const { return ImageFound{job.image, backend.find_image(job.image)}; }
    JobResult operator()(const PullImageJob& job) const
    {
        return ImagePulled{job.image, backend.pull_image(job.image, job.deadline)};
    }
    JobResult operator()(const PrepareJob& job) const
    {
        return WorkloadPrepared{job.spec.lease, backend.prepare(job.spec)};
    }
    JobResult operator()(const CreateJob& job) const
    {
        return WorkloadCreated{job.spec.lease, backend.create(job.spec)};
    }
    JobResult operator()(const InspectJob& job) const
    {
        return WorkloadInspected{job.lease, backend.inspect(job.container_id)};
    }
    JobResult operator()(const DestroyJob& job) const
    {
        return WorkloadDestroyed{job.lease, backend.destroy(job.lease)};
    }
    JobResult operator()(const SurveyJob&) const { return Surveyed{backend.info(), backend.list_labelled()}; }
    JobResult operator()(const NodeStatusJob&) const { return NodeStatusRead{status.read()}; }
};

} // namespace

Lane lane_of(const Job& job)
{
    if (std::holds_alternative<PullImageJob>(job))
        return Lane::slow;
    if (std::holds_alternative<DestroyJob>(job))
        return Lane::end;
    const bool of_host = std::holds_alternative<SurveyJob>(job) || std::holds_alternative<NodeStatusJob>(job);
    return of_host ? Lane::host : Lane::engine;
}

JobResult run_job(const Job& job, compute::Backend& backend, compute::NodeStatusReader& status)
{
    return std::visit(Runner{backend, status}, job);
}

} // namespace berth::provider
